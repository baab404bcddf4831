# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every machine has, whatever runs on it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.parametrize("name", ["app01", "db01"])


def test_the_firewall_is_on_and_denies_what_is_not_named(machine, name):
    status = machine(name).check_output("ufw status verbose")
    assert "Status: active" in status
    assert "deny (incoming)" in status


def test_the_rollback_of_what_lets_connections_in_is_called_off(machine, name):
    assert machine(name).run("systemctl is-active machine-ways-in.timer").stdout.strip() == "inactive"
    assert not machine(name).file("/var/lib/plannerate/ways-in").exists


def test_passwords_let_nobody_in_and_who_tries_keys_is_banned(machine, name):
    settings = machine(name).check_output("/usr/sbin/sshd -T").splitlines()
    assert {"passwordauthentication no", "kbdinteractiveauthentication no"} <= {*settings}
    assert "198.18.0.1" in machine(name).check_output("fail2ban-client get sshd ignoreip")


def test_the_certificate_is_signed_by_the_projects_authority(machine, name):
    directory = "/etc/ssl/machine"
    check = machine(name).run(
        f"openssl verify -CAfile {directory}/ca.crt -verify_hostname {name} {directory}/machine.crt"
    )
    assert check.rc == 0, check.stdout + check.stderr


def test_certificates_of_servers_and_clients_are_apart(machine, name):
    uses = {"machine": "TLS Web Server Authentication"}
    # Prometheus shows itself to the exporters.
    if name == "app01":
        uses["client"] = "TLS Web Client Authentication"
    show = "openssl x509 -noout -ext extendedKeyUsage -in /etc/ssl/machine/{}.crt"
    assert {key: machine(name).check_output(show.format(key)).splitlines()[-1].strip() for key in uses} == uses
    assert machine(name).file("/etc/ssl/machine/client.crt").exists == ("client" in uses)


def test_the_key_is_nobodys_but_the_services(machine, name):
    key = machine(name).file("/etc/ssl/machine/machine.key")
    assert (key.user, key.group, key.mode) == ("root", "ssl-cert", 0o640)


def test_only_the_authority_keeps_the_authoritys_key_and_the_credentials(machine, name):
    for path in ("/root/ca/ca.key", "/root/.plannerate-credentials"):
        kept = machine(name).file(path)
        assert kept.exists == (name == "db01")
        if kept.exists:
            assert (kept.user, kept.mode) == ("root", 0o600)


def test_nothing_restarts_databases_unasked(machine, name):
    assert "^postgresql" in machine(name).file("/etc/needrestart/conf.d/50-exclusions.conf").content_string
    assert '"postgresql";' in machine(name).check_output("cat /etc/apt/apt.conf.d/52unattended-upgrades-exclusions")


def test_the_journal_is_kept_within_limits(machine, name):
    assert "SystemMaxUse=1G" in machine(name).file("/etc/systemd/journald.conf.d/50-limits.conf").content_string
    assert machine(name).file("/var/log/journal").is_directory


def test_time_is_kept(machine, name):
    # In a container the clock is the host's, so the service has nothing to do there: that it is enabled is all to see.
    assert machine(name).service("systemd-timesyncd").is_enabled


def test_the_machine_is_healthy(machine, name):
    assert machine(name).check_output("systemctl --failed --no-legend --plain") == ""
