# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exactly the named packages are upgraded, no service restarts by that, and what waits is told with its reason."""

from __future__ import annotations

import fcntl
import os
import time

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine import apt, running, service_policy
from ansible_collections.plannerate.infra.plugins.modules import machine_updates

OLD, NEW = "15.14-0+deb12u1", "15.15-0+deb12u1"
# apt-get notes what was asked of it, how a package's script would have been answered, and whether it was our environment.
PROGRAMS = {
    "dpkg-query": "[ -s $WORLD/audit ] && half=half-configured; printf '%s '${half:-installed}'\\n' postgresql-15 docker.io bash\n"
    "echo 'haproxy config-files'",
    "dpkg": 'echo "$@" >>$WORLD/asked; [ "$1" != --audit ] || cat $WORLD/audit; [ "$1" = --audit ] || : >$WORLD/audit',
    "apt-mark": "cat $WORLD/held",
    "apt-cache": "shift; for name; do [ -e $WORLD/$name ] && cat $WORLD/$name; done; :",
    "apt-get": """
case "$*" in
*update*) [ -e $WORLD/offline ] && { echo 'E: no archive' >&2; exit 100; }; echo refreshed >>$WORLD/asked ;;
*--simulate*--yes*docker.io) [ -e $WORLD/broken ] && { echo 'E: unmet dependencies' >&2; exit 100; }; cat $WORLD/removes ;;
*--simulate*)
  case "$*" in *docker.io*) cat $WORLD/removes ;; esac
  case "$*" in *postgresql-15*) [ -e $WORLD/done ] || echo "Inst postgresql-15 [15.14-0+deb12u1] (15.15-0+deb12u1 Debian:12)" ;; esac
  case "$*" in *docker.io=*) echo "Inst docker.io [1] (2 Debian:12 [amd64])" ;; esac ;;
*)
  echo "$@" >>$WORLD/asked
  $WORLD/policy-rc.d postgresql@15-main.service stop; echo "policy $?" >>$WORLD/asked
  [ -e $WORLD/breaks ] && { echo 'E: no room' >&2; exit 100; }
  ls -l /proc/$$/fd | grep -q updates.lock && echo locked >>$WORLD/asked
  rm -f $WORLD/postgresql-15; : >$WORLD/done ;;
esac
""",
    "systemctl": "echo 0",
    "systemd-detect-virt": "exit ${CONTAINER:-0}",
}


def policy(name, old, new):
    return f"{name}:\n  Installed: {old}\n  Candidate: {new}\n  Version table:\n     {new} 500\n *** {old} 100\n"


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A machine with PostgreSQL and Docker, and a newer PostgreSQL."""
    (tmp_path / "bin").mkdir()
    for name, script in PROGRAMS.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("WORLD", str(tmp_path))
    monkeypatch.setattr(service_policy, "PATH", str(tmp_path / "policy-rc.d"))
    monkeypatch.setattr(service_policy, "LOCK", str(tmp_path / "updates.lock"))
    monkeypatch.setattr(running, "REBOOT_FILE", str(tmp_path / "reboot-required"))
    for name in ("asked", "audit", "held", "removes"):
        (tmp_path / name).write_text("")
    (tmp_path / "postgresql-15").write_text(policy("postgresql-15", OLD, NEW))
    return tmp_path


@pytest.fixture
def run(run_module):
    def run(state="upgraded", check=False, **more):
        return run_module(
            machine_updates,
            {"packages": ["postgresql-*", "docker.io", "haproxy"], "state": state, **more},
            check=check,
            diff=True,
        )

    return run


UPDATE = {"name": "postgresql-15", "installed": OLD, "candidate": NEW}


@pytest.mark.parametrize(("state", "check", "changed"), [("listed", False, False), ("upgraded", True, True)])
def test_looking_changes_nothing(world, run, state, check, changed):
    result = run(state, check=check)
    assert (result["changed"], result["updates"], result["waiting"]) == (changed, [UPDATE], [])
    assert (world / "asked").read_text().split() == ["--audit"]
    assert not (world / "policy-rc.d").exists()


def test_exactly_these_versions_are_installed_and_services_are_left_alone(world, run):
    result = run()
    assert (result["changed"], result["updates"]) == (True, [UPDATE])
    assert result["diff"] == {"before": f"postgresql-15 {OLD}\n", "after": f"postgresql-15 {NEW}\n"}
    asked = (world / "asked").read_text()
    assert f"--only-upgrade install postgresql-15={NEW}\n" in asked and "--no-remove" in asked
    assert "--force-confold" in asked and "policy 101" in asked
    assert not (world / "policy-rc.d").exists()
    again = run()
    assert (again["changed"], again["updates"]) == (False, [])


def test_a_failure_is_told_and_leaves_no_policy(world, run):
    (world / "breaks").touch()
    result = run()
    assert result["failed"] and "apt-get ended with 100: E: no room" in result["msg"]
    assert not (world / "policy-rc.d").exists()


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        ({"held": "docker.io\n"}, "held on the machine (apt-mark unhold)"),
        ({"removes": "Remv runc [1]\n"}, "it would remove runc"),
        ({"broken": ""}, "apt-get cannot upgrade it: E: unmet dependencies"),
    ],
)
def test_what_waits_is_told_and_not_upgraded(world, run, prepare, reason):
    (world / "docker.io").write_text(policy("docker.io", "1", "2"))
    for name, text in prepare.items():
        (world / name).write_text(text)
    result = run()
    assert result["waiting"] == [{"name": "docker.io", "installed": "1", "candidate": "2", "reason": reason}]
    assert result["updates"] == [UPDATE]
    assert "docker.io=" not in (world / "asked").read_text()


def test_what_an_interrupted_dpkg_left_is_finished_and_then_upgraded(world, run):
    (world / "audit").write_text("The following packages are only half configured\n")
    result = run()
    assert (result["interrupted"], result["updates"], run("listed")["interrupted"]) == (True, [UPDATE], False)


def test_an_apt_that_still_runs_keeps_the_policy(world, run):
    """It inherits the lock, so it is there as long as the apt is, whoever began it."""
    with open(world / "updates.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (world / "policy-rc.d").write_text(service_policy.TEXT)
        assert "still upgrades packages here" in run()["msg"] and "install" not in (world / "asked").read_text()
        (world / "postgresql-15").unlink()
        assert run()["changed"] is False and (world / "policy-rc.d").exists()
    (world / "postgresql-15").write_text(policy("postgresql-15", OLD, NEW))
    assert run()["changed"] and "locked" in (world / "asked").read_text()


def test_what_an_interrupted_dpkg_left_is_finished(world, run):
    (world / "postgresql-15").unlink()
    (world / "audit").write_text("The following packages are only half configured\n")
    assert run("listed")["changed"] is False
    assert run(check=True)["changed"] is True
    result = run()
    assert (result["changed"], result["updates"]) == (True, [])
    assert "--configure --pending" in (world / "asked").read_text()
    assert run()["changed"] is False


def test_somebody_elses_policy_is_refused_before_anything_is_done(world, run):
    (world / "policy-rc.d").write_text("#!/bin/sh\nexit 0\n")
    result = run()
    assert result["failed"] and "Nothing was upgraded. Expected none" in result["msg"]
    assert "install" not in (world / "asked").read_text()


def test_a_policy_that_a_killed_run_left_is_removed_though_nothing_is_to_be_upgraded(world, run):
    (world / "postgresql-15").unlink()
    (world / "policy-rc.d").write_text(service_policy.TEXT)
    run(check=True)
    assert (world / "policy-rc.d").exists()
    assert run()["changed"] is False and not (world / "policy-rc.d").exists()


def test_why_a_machine_has_to_reboot(world, run, monkeypatch):
    assert run("listed")["reboot"] == []
    (world / "reboot-required").write_text("*** System restart required ***\n")
    assert run("listed")["reboot"] == [f"{world}/reboot-required is there"]
    (world / "reboot-required.pkgs").write_text("libc6\nlinux-base\nlibc6\n")
    assert run("listed")["reboot"] == [f"{world}/reboot-required is there (libc6, linux-base)"]
    (world / "reboot-required").unlink()
    monkeypatch.setattr(running.glob, "glob", lambda pattern: ["/boot/vmlinuz-999.0"])
    monkeypatch.setattr(running.updates, "newer_kernel", lambda running, images: images[0])
    assert run("listed")["reboot"] == [], "a container runs with its host's kernel"
    monkeypatch.setenv("CONTAINER", "1")
    assert "vmlinuz-999.0 is installed" in run("listed")["reboot"][0]


def test_a_newer_kernel_of_the_same_name_needs_a_reboot_too(world, run, monkeypatch):
    """Its package is upgraded in place, so no name in /boot tells."""
    monkeypatch.setenv("CONTAINER", "1")
    monkeypatch.setattr(running, "BOOT", str(world))
    assert run("listed")["reboot"] == []
    kernel = world / f"vmlinuz-{os.uname().release}"
    kernel.touch()
    os.utime(kernel, (1, 1))
    assert run("listed")["reboot"] == [f"kernel {os.uname().release} was replaced since it began"]
    monkeypatch.setattr(running, "boot_time", lambda: time.time() + 60)
    assert run("listed")["reboot"] == []


@pytest.mark.usefixtures("world")
def test_services_that_run_replaced_files(run, monkeypatch):
    maps = {
        "haproxy": "1-2 r-xp 0 0:0 1  /usr/sbin/haproxy (deleted)\n",
        "docker": "1-2 r-xp 0 0:0 1  /usr/bin/dockerd\n",
    }
    monkeypatch.setattr(running, "main_pid", lambda module, service: 0 if service == "gone" else service)
    opened = open

    def read(path, *arguments, **more):
        name = str(path).split("/")[2] if str(path).startswith("/proc/") else ""
        if name in maps:
            import io

            return io.StringIO(maps[name])
        return opened(path, *arguments, **more)

    monkeypatch.setattr(running, "open", read, raising=False)
    assert run("listed", services=["haproxy", "docker", "gone"])["outdated_services"] == ["haproxy"]


def test_the_lists_are_refreshed_in_check_mode_too_and_an_archive_that_does_not_answer_is_told(world, run, monkeypatch):
    assert run("listed", refresh=True, check=True)["changed"] is False
    assert "refreshed" in (world / "asked").read_text()
    monkeypatch.setattr(apt, "PAUSE", 0)
    (world / "offline").touch()
    assert "E: no archive" in run("listed", refresh=True)["msg"]
