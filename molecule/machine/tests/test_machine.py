# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine alone: the parts of the role that a whole site does not show."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.helpers.lab import leave_pending, over_ssh, playbook, started_at, wait_for

INVENTORY = Path(__file__).resolve().parents[1] / "inventory" / "production"


@pytest.fixture(scope="module")
def m13():
    return over_ssh("198.18.0.21")


def test_the_firewall_denies_what_is_not_named(m13):
    status = m13.check_output("ufw status verbose")
    assert "Status: active" in status and "deny (incoming)" in status
    assert "22/tcp" in status


def test_the_certificate_is_its_own_authoritys(m13):
    m13.check_output("openssl verify -CAfile /etc/ssl/machine/ca.crt -verify_hostname m13 /etc/ssl/machine/machine.crt")


def test_nothing_failed(m13):
    assert m13.check_output("systemctl --failed --no-legend --plain") == ""


def test_a_firewall_that_locks_its_operator_out_disables_itself(m13):
    m13.check_output("ufw --force reset")
    wrong = {"machine_ssh_port": 2222, "machine_firewall_rollback_seconds": 20}
    locked_out = playbook("machines", inventory=INVENTORY, variables=wrong)
    assert locked_out.returncode != 0
    assert "expected the port of this connection. Correct machine_ssh_port, or allow" in " ".join(
        locked_out.stdout.split()
    )
    status = wait_for(_status_over_a_new_connection, timeout=60, what="the roll-back")
    assert "Status: inactive" in status

    pending = leave_pending(m13, "machine", "/etc/systemd/journald.conf.d/50-limits.conf")
    before = started_at(m13, "systemd-journald")
    again = playbook("machines", inventory=INVENTORY)
    assert again.returncode == 0, again.stdout
    assert started_at(m13, "systemd-journald") != before, "an earlier run wrote its file"
    assert not m13.file(pending).exists
    rules = m13.check_output("ufw status")
    assert "22/tcp" in rules
    assert "2222/tcp" not in rules


def _status_over_a_new_connection():
    try:
        return over_ssh("198.18.0.21").run("ufw status").stdout
    except RuntimeError:
        return ""
