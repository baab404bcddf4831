# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`--check` lists versions, restarts and reboots, and changes none of them. What it does then is in tests/long/patch."""

from __future__ import annotations

import pytest
from support.helpers.lab import playbook, started_at
from support.helpers.newer_packages import offered, version

REBOOT = "/run/reboot-required"


@pytest.fixture
def app01(machine):
    """It says that it has to reboot."""
    app01 = machine("app01")
    app01.check_output(f"touch {REBOOT}")
    yield app01
    app01.check_output(f"rm {REBOOT}")


def test_check_mode_lists_versions_restarts_and_reboots_and_changes_nothing(db01, app01, started):
    before, old, haproxy = started(), version(db01, "haproxy"), started_at(db01, "haproxy")
    with offered(db01, "haproxy"):
        done = playbook("patch", "--check")
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout
    assert f"db01: haproxy {old} → {old}+lab1" in said and "db01: HAProxy reloads; nobody notices" in said
    assert f"app01: left: a reboot ({REBOOT} is there)" in said and "-e patch_outage=app01" in said
    assert (started(), version(db01, "haproxy"), started_at(db01, "haproxy")) == (before, old, haproxy)
    assert not db01.file("/usr/sbin/policy-rc.d").exists


def test_an_inventory_that_does_not_own_the_machines_is_refused():
    done = playbook("patch", inventory="staging")
    assert done.returncode != 0
    assert "Run this playbook with the inventory that owns them" in " ".join(done.stdout.split())
