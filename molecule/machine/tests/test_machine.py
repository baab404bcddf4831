# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines alone: the parts of the role that a whole site does not show."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import answers, leave_pending, over_ssh, playbook, started_at, wait_for

INVENTORY = Path(__file__).resolve().parents[1] / "inventory" / "production"
M12, M13 = "198.18.0.20", "198.18.0.21"
ANYBODY = "22/tcp                     ALLOW       Anywhere                   # SSH"
SSHD = "/etc/ssh/sshd_config.d/00-machine.conf"
WAYS_IN = "/var/lib/plannerate/ways-in"
# As many keys as it says, each of which nobody let in.
TRY_KEYS = """
ssh-keygen -q -t ed25519 -N '' -f {directory}/$$
for try in $(seq {times}); do
  timeout 10 ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=5 \
    -o IdentitiesOnly=yes -i {directory}/$$ ops@{address} true 2>&1 | tail -n 1
done
"""
# A source that says of itself that it is Debian's for security, with a newer version of two packages that the machine has.
SOURCE = r"""
set -e
mkdir -p /srv/source && cd /srv/source && : >Packages
for name in hole docker-hole; do
  for version in 1 2; do
    mkdir -p $name/DEBIAN
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody\nDescription: none\n' $name $version >$name/DEBIAN/control
    dpkg-deb --build $name $name-$version.deb
  done
  dpkg --install $name-1.deb
  { cat $name/DEBIAN/control; echo "Filename: ./$name-2.deb"; stat --format='Size: %s' $name-2.deb
    echo "SHA256: $(sha256sum $name-2.deb | cut -d' ' -f1)"; echo; } >>Packages
done
{ printf 'Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: trixie-security\nVersion: 13\nSHA256:\n'
  echo " $(sha256sum Packages | cut -d' ' -f1) $(stat --format=%s Packages) Packages"; } >Release
echo 'deb [trusted=yes] file:/srv/source ./' >/etc/apt/sources.list.d/source.list
apt-get update
"""


@pytest.fixture(scope="module")
def m12():
    return over_ssh(M12)


@pytest.fixture(scope="module")
def m13():
    return over_ssh(M13)


def test_the_firewall_denies_what_is_not_named(m13):
    status = m13.check_output("ufw status verbose")
    assert "Status: active" in status and "deny (incoming)" in status
    assert "22/tcp" in status


def test_the_certificate_is_its_own_authoritys(m13):
    m13.check_output("openssl verify -CAfile /etc/ssl/machine/ca.crt -verify_hostname m13 /etc/ssl/machine/machine.crt")


def test_nothing_failed(m12, m13):
    assert [each.check_output("systemctl --failed --no-legend --plain") for each in (m12, m13)] == ["", ""]


def test_nothing_is_set_that_a_container_shares_with_its_host(m13):
    lines = [line for line in m13.file("/etc/sysctl.d/60-machine.conf").content_string.splitlines() if line[0] != "#"]
    assert lines and [line for line in lines if not line.startswith(("-net.ipv4.", "-net.ipv6."))] == []
    assert m13.check_output("cat /proc/sys/net/ipv4/conf/all/send_redirects") == "0"


def test_security_updates_come_by_themselves_but_for_what_must_not_restart(m12, m13):
    for machine in (m12, m13):
        timers = machine.check_output("systemctl is-enabled apt-daily.timer apt-daily-upgrade.timer")
        settings = machine.check_output("apt-config dump")
        assert timers.split() == ["enabled"] * 2 and 'APT::Periodic::Unattended-Upgrade "1";' in settings
        origins = re.findall(
            r'^Unattended-Upgrade::(?:Origins-Pattern|Allowed-Origins):: "(.*)";$', settings, re.MULTILINE
        )
        assert len(origins) == 4 and all("-security" in each for each in origins)
    m13.check_output(SOURCE)
    m13.check_output("unattended-upgrade")
    assert (
        m13.check_output("dpkg-query --show --showformat '${Package} ${Version};' hole docker-hole")
        == "docker-hole 1;hole 2;"
    )
    m13.check_output(
        "dpkg --purge hole docker-hole && rm -r /srv/source /etc/apt/sources.list.d/source.list && apt-get update"
    )


@pytest.mark.parametrize("address", [M12, M13])
def test_a_right_password_lets_nobody_in(m12, m13, address):
    stranger, machine = (m13, m12) if address == M12 else (m12, m13)
    machine.check_output("id guest 2>/dev/null || useradd --create-home guest; echo guest:open-sesame | chpasswd")
    stranger.check_output("printf '#!/bin/sh\\necho open-sesame\\n' >/run/askpass && chmod 0755 /run/askpass")
    told = stranger.check_output(
        "SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force timeout 10 ssh -F none -o StrictHostKeyChecking=no "
        f"-o UserKnownHostsFile=/dev/null -o PubkeyAuthentication=no guest@{address} true 2>&1 | tail -n 1"
    )
    # What else would have been taken stands in brackets.
    assert told == f"guest@{address}: Permission denied (publickey)."


@pytest.mark.parametrize("address", [M12, M13])
def test_wrong_keys_ban_a_stranger_and_never_the_controller(m12, m13, address, tmp_path):
    stranger, machine = (m13, m12) if address == M12 else (m12, m13)
    here = TRY_KEYS.format(directory=tmp_path, times=10, address=address)
    told = subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=True, timeout=120).stdout
    assert told.splitlines() == [f"ops@{address}: Permission denied (publickey)."] * 10
    stranger.check_output("rm -rf /run/keys && mkdir -m 0700 /run/keys")
    try_keys = TRY_KEYS.format(directory="/run/keys", times=10, address=address)
    stranger.check_output(try_keys)
    one_more = TRY_KEYS.format(directory="/run/keys", times=1, address=address)
    wait_for(lambda: "Permission denied" not in stranger.check_output(one_more), timeout=20, what="a ban", every=1)
    assert answers(address)
    banned = machine.check_output("fail2ban-client get sshd banip").split()
    # sshd of Debian 13 refuses such a stranger itself, before fail2ban has seen enough.
    assert (banned or address == M13) and set(banned) <= {M12, M13}
    for each in banned:
        machine.check_output(f"fail2ban-client set sshd unbanip {each}")
    if address == M12:
        wait_for(lambda: "Permission denied" in stranger.check_output(one_more), what="the end of the ban", every=1)


def test_logins_and_what_they_do_as_root_are_told_in_one_place(m12, m13):
    for machine in (m12, m13):
        said = machine.check_output("journalctl --facility=authpriv --no-hostname --output=short")
        assert "Accepted publickey for ops from 198.18.0.1 " in said and "sudo[" in said and "COMMAND=" in said


def test_a_firewall_and_an_sshd_that_lock_their_operator_out_become_what_they_were(m13):
    m13.check_output(f"ufw --force reset && rm {SSHD} && systemctl reload ssh")
    wrong = {"machine_ssh_port": 2222, "machine_firewall_rollback_seconds": 15}
    locked_out = playbook("machines", "--limit=m13", inventory=INVENTORY, variables=wrong)
    assert locked_out.returncode != 0
    assert "Expected the port, the address and the key of this connection. Correct what is wrong" in " ".join(
        locked_out.stdout.split()
    )
    status = wait_for(lambda: _said_over_a_new_connection("ufw status"), timeout=60, what="the roll-back")
    assert "Status: inactive" in status
    _wait_for_its_end()
    assert not m13.file(SSHD).exists and "passwordauthentication yes" in m13.check_output("/usr/sbin/sshd -T")

    pending = leave_pending(m13, "machine", "/etc/systemd/journald.conf.d/50-limits.conf")
    before = started_at(m13, "systemd-journald")
    again = playbook("machines", "--limit=m13", inventory=INVENTORY)
    assert again.returncode == 0, again.stdout
    assert started_at(m13, "systemd-journald") != before, "an earlier run wrote its file"
    assert not m13.file(pending).exists
    rules = m13.check_output("ufw status")
    assert ANYBODY in rules
    assert "2222/tcp" not in rules
    assert "passwordauthentication no" in m13.check_output("/usr/sbin/sshd -T")


def test_a_list_of_networks_without_the_operators_is_undone_and_the_firewall_stays(m13):
    wrong = {"machine_ssh_sources": ["203.0.113.9"], "machine_firewall_rollback_seconds": 15}
    locked_out = playbook("machines", "--limit=m13", inventory=INVENTORY, variables=wrong)
    assert locked_out.returncode != 0
    assert "on port 22 (machine_ssh_port) from 203.0.113.9 (machine_ssh_sources)" in " ".join(locked_out.stdout.split())
    status = wait_for(lambda: _said_over_a_new_connection("ufw status"), timeout=60, what="the roll-back")
    assert "Status: active" in status and ANYBODY in status and "203.0.113.9" not in status


def test_what_a_run_left_unproven_is_undone_by_a_reboot_and_kept_by_the_next_run(m13):
    m13.check_output(
        "machine-ways-in save 3000 && ufw delete allow 22/tcp && ufw delete allow proto tcp to any port 22; true"
    )
    assert _said_over_a_new_connection("ufw status") == ""
    subprocess.run(["docker", "restart", "--time=60", "plannerate-lab-m13"], check=True, capture_output=True)
    wait_for(
        lambda: ANYBODY in _said_over_a_new_connection("ufw status"), timeout=60, what="the roll-back at the start"
    )

    _wait_for_its_end()
    # Somebody limits SSH, and a run ends in the middle.
    m13.check_output("ufw limit 22/tcp && machine-ways-in save 3000")
    again = playbook("machines", "--limit=m13", inventory=INVENTORY)
    assert again.returncode == 0, again.stdout
    assert not m13.file(WAYS_IN).exists
    assert m13.run("systemctl is-active machine-ways-in.timer").stdout.strip() == "inactive"
    assert "22/tcp                     LIMIT       Anywhere" in m13.check_output("ufw status")


def _wait_for_its_end() -> None:
    """sshd may be loading its settings, and a machine that starts lets nobody in."""
    gone = f"test -e {WAYS_IN} || echo gone"
    wait_for(lambda: _said_over_a_new_connection(gone) == "gone\n", timeout=60, what="the end of the roll-back")


def _said_over_a_new_connection(command: str) -> str:
    """What m13 says, or nothing; a firewall that drops what comes is not waited for."""
    lab = ROOT / ".cache" / "lab"
    ssh = ["ssh", "-F", "none", "-i", str(lab / "id_ed25519"), "-o", f"UserKnownHostsFile={lab / 'known_hosts'}"]
    options = ["-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=2", f"ops@{M13}"]
    return subprocess.run([*ssh, *options, f"sudo {command}"], capture_output=True, text=True, check=False).stdout
