# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lets connections in becomes what it was unless somebody said to keep it, and what sshd and the kernel are told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

RULES, CONF, SSHD = "etc/ufw/user.rules", "etc/ufw/ufw.conf", "etc/ssh/sshd_config.d/00-machine.conf"
Run = Callable[..., int]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The root of a machine whose firewall is on, and which never had the role's settings of sshd."""
    for path, text in ((RULES, "before\n"), (CONF, "ENABLED=yes\n"), ("etc/default/ufw", "IPV6=yes\n")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / SSHD).parent.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for name in ("ufw", "systemctl", "systemd-run"):
        (tmp_path / "bin" / name).write_text(
            f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/asked\n[ ! -e {tmp_path}/"{name} $1 fails" ]\n'
        )
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


@pytest.fixture
def ways_in(machine: Path) -> Run:
    def run(*words: str) -> int:
        environment = {
            "PATH": f"{machine}/bin:{os.environ['PATH']}",
            "WAYS_IN_ROOT": f"{machine}/",
            "WAYS_IN_STATE": f"{machine}/state/ways-in",
        }
        script = ROOT / "roles/machine/files/ways-in.sh"
        return subprocess.run(
            ["sh", script, *words], env=environment, check=False, stderr=subprocess.DEVNULL
        ).returncode

    return run


def asked(machine: Path, program: str) -> list[str]:
    return [line for line in (machine / "asked").read_text().splitlines() if line.startswith(f"{program} ")]


def change(machine: Path) -> None:
    (machine / RULES).write_text("after\n")
    (machine / SSHD).write_text("PasswordAuthentication no\n")


def test_what_nobody_keeps_becomes_what_it_was(machine: Path, ways_in: Run):
    assert ways_in("save", "60") == 0
    assert "--unit=machine-ways-in.service --on-active=60" in asked(machine, "systemd-run")[0]
    change(machine)
    assert ways_in("undo") == 0
    assert (machine / RULES).read_text() == "before\n" and not (machine / SSHD).exists()
    assert asked(machine, "ufw") == ["ufw reload"]
    assert asked(machine, "systemctl")[-1] == "systemctl try-reload-or-restart ssh.service"
    assert not (machine / "state/ways-in").exists()
    assert ways_in("keep") != 0, "it came too late, so the connection that wants to keep it proves nothing"


def test_what_is_kept_stays(machine: Path, ways_in: Run):
    ways_in("save", "60")
    change(machine)
    assert ways_in("keep") == 0
    assert ways_in("undo") == 0
    assert (machine / RULES).read_text() == "after\n" and (machine / SSHD).exists()
    assert not (machine / "state/ways-in").exists()


def test_a_run_after_one_that_ended_early_goes_back_to_before_both(machine: Path, ways_in: Run):
    ways_in("save", "60")
    change(machine)
    assert ways_in("save", "90") == 0
    assert asked(machine, "systemctl")[-1] == "systemctl stop machine-ways-in.timer"
    ways_in("undo")
    assert (machine / RULES).read_text() == "before\n"


def test_an_undoing_that_was_interrupted_is_finished(machine: Path, ways_in: Run):
    ways_in("save", "60")
    change(machine)
    (machine / "state/ways-in/saved").rename(machine / "state/ways-in/undoing")
    assert ways_in("keep") != 0
    assert ways_in("undo") == 0
    assert (machine / RULES).read_text() == "before\n"


def test_a_firewall_that_was_off_is_off_again(machine: Path, ways_in: Run):
    (machine / CONF).write_text("ENABLED=no\n")
    ways_in("save", "60")
    (machine / CONF).write_text("ENABLED=yes\n")
    ways_in("undo")
    assert asked(machine, "ufw") == ["ufw disable"]
    assert (machine / CONF).read_text() == "ENABLED=no\n"


def test_a_firewall_that_does_not_take_its_rules_is_in_nobodys_way(machine: Path, ways_in: Run):
    (machine / "ufw reload fails").touch()
    ways_in("save", "60")
    ways_in("undo")
    assert asked(machine, "ufw") == ["ufw reload", "ufw disable"]


def test_a_file_that_cannot_be_put_back_leaves_a_machine_that_is_reachable(machine: Path, ways_in: Run):
    ways_in("save", "60")
    (machine / f"{RULES}.undoing").mkdir()
    ways_in("undo")
    assert asked(machine, "ufw") == ["ufw disable"]


def test_without_a_timer_nothing_may_be_changed(machine: Path, ways_in: Run):
    (machine / "systemd-run --quiet fails").touch()
    assert ways_in("save", "60") != 0


def probe(*lines: str) -> dict[str, dict[str, str]]:
    return {"__machine_probe": {"stdout": "\n".join(lines)}}


SSHD_12, SSHD_13 = "sshd: permitrootlogin without-password", "sshd: persourcepenaltyexemptlist none"


def test_what_sshd_takes_is_asked_of_sshd(tmp_path: Path):
    def said(password: str, code: str) -> tuple[str, dict]:
        lines = (f"sshd: passwordauthentication {password}", f"sshd: kbdinteractiveauthentication {code}")
        return "_machine_takes_passwords", {"machine_owned": True, **probe(*lines)}

    nothing = ("_machine_takes_passwords", {"machine_owned": True, **probe()})
    answers = values_of_role(tmp_path, "machine", said("no", "no"), said("yes", "no"), said("no", "yes"), nothing)
    assert answers == [False, True, True, False]


def test_what_a_level_forbids(tmp_path: Path):
    common = {"machine_owned": True, "groups": {}, "ansible_managed": "managed", **probe(SSHD_12)}
    sshd, modules = "_machine_sshd_content", "lookup('ansible.builtin.template', 'modprobe.conf.j2')"
    strictly = {**common, "machine_base_settings": "strict"}
    none, sshd_basic, sshd_strict, basic, strict = values_of_role(
        tmp_path,
        "machine",
        (sshd, {**common, "machine_base_settings": "none"}),
        (sshd, common),
        (sshd, strictly),
        (modules, common),
        (modules, strictly),
    )
    assert "Forwarding" not in none
    assert "\nX11Forwarding no\n" in sshd_basic and "AllowAgentForwarding" not in sshd_basic
    assert "\nX11Forwarding no\n" in sshd_strict and "\nAllowAgentForwarding no\n" in sshd_strict
    for text in (basic, strict):
        assert "\ninstall dccp /bin/false\n" in text
    assert "usb-storage" not in basic and "\ninstall usb-storage /bin/false\n" in strict


def test_what_sshd_and_the_kernel_are_told(tmp_path: Path):
    common = {"machine_owned": True, "groups": {}, "ansible_managed": "managed"}
    sshd, sysctl = "_machine_sshd_content", "lookup('ansible.builtin.template', 'sysctl.conf.j2')"
    old, new, never, passwords, vm, container, strict = values_of_role(
        tmp_path,
        "machine",
        (sshd, {**common, **probe(SSHD_12)}),
        (
            sshd,
            {**common, **probe(SSHD_13, "controllers: 198.51.100.7"), "machine_ssh_never_banned": ["203.0.113.0/24"]},
        ),
        (sshd, {**common, **probe("sshd: permitrootlogin no")}),
        (sshd, {**common, **probe(SSHD_12), "machine_ssh_keys_only": False}),
        (sysctl, {**common, **probe("container: none")}),
        (sysctl, {**common, **probe("container: lxc")}),
        (sysctl, {**common, **probe("container: none"), "machine_base_settings": "strict"}),
    )
    assert "\nPasswordAuthentication no\n" in old and "\nPermitRootLogin prohibit-password\n" in old
    assert "PerSourcePenalty" not in old, "sshd of Debian 12 does not know it, and would not start"
    assert "\nPerSourcePenaltyExemptList 203.0.113.0/24,198.51.100.7\n" in new
    assert "\nPermitRootLogin no\n" in never
    assert "Authentication" not in passwords and "PermitRootLogin" not in passwords

    def set_in(text: str) -> list[str]:
        return [line.lstrip("-").partition(" ")[0] for line in text.splitlines() if not line.startswith("#")]

    assert "kernel.dmesg_restrict" in set_in(vm) and "kernel.sysrq" not in set_in(vm)
    assert "kernel.sysrq" in set_in(strict) and "net.ipv4.conf.all.log_martians" in set_in(strict)
    # One that has no namespace would be set on the host.
    assert set_in(container) and {name.partition(".")[0] for name in set_in(container)} == {"net"}
    assert "net.core.bpf_jit_harden" not in set_in(container)
    assert not [name for name in set_in(strict) if "forward" in name], "Docker turns it on"
