# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Physical backups that are turned off leave no timer, no secret and no queue, and the primary stops archiving without keeping its WAL."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import changed, over_ssh, playbook, wait_for

INVENTORY = ROOT / "molecule" / "s3_backup" / "inventory" / "production"
LEFT = (
    "ls -A /etc/pgbackrest/members /var/spool/pgbackrest /var/lib/plannerate-physical/restored; "
    "ls /etc/plannerate-physical.json /etc/systemd/system/*physical* /etc/systemd/system/timers.target.wants/*physical* "
    "/usr/local/sbin/plannerate-physical /var/lib/prometheus/node-exporter/s3_backup_physical.prom"
)


@pytest.fixture(scope="module")
def machine():
    return over_ssh("198.18.0.26")


def converge(on, *options):
    """What was said."""
    said = ""
    for name in ("postgres", "s3_backup"):
        done = playbook(name, *options, inventory=INVENTORY, variables={"s3_backup_physical": on})
        said += done.stdout
        assert done.returncode == 0, said
    return said


def of_members(machine, setting):
    psql = "cd / && runuser -u postgres -- psql -XqAt --port={} --command='SHOW {}'"
    return [machine.check_output(psql.format(port, setting)) for port in (5432, 5433)]


@pytest.fixture(scope="module")
def turned_off(machine):
    assert of_members(machine, "archive_mode") == ["on", "on"]
    yield converge(False, "--diff")
    if "off" in of_members(machine, "archive_mode"):
        converge(True)


def test_what_is_turned_off_is_gone_and_its_restart_was_announced(machine, turned_off):
    assert "archive_mode is on, wanted off" in turned_off
    assert "lab-archiver-secret" not in turned_off
    assert of_members(machine, "archive_mode") == ["off", "off"]
    assert of_members(machine, "archive_command") == ["(disabled)", "(disabled)"]
    assert [line for line in machine.run(LEFT).stdout.splitlines() if line and not line.endswith(":")] == []
    units = "systemctl list-units --all --type=timer,service --plain --no-legend '*physical*'"
    assert machine.check_output(units) == ""
    again = playbook("s3_backup", inventory=INVENTORY, variables={"s3_backup_physical": False})
    assert again.returncode == 0 and changed(again.stdout) == 0, again.stdout


def test_turned_on_again_it_begins_with_a_full_backup(machine, turned_off):
    converge(True)
    assert of_members(machine, "archive_mode") == ["on", "on"]

    def newest():
        return json.loads(machine.check_output("plannerate-physical list --json"))["backups"][-1]

    turned_on = machine.check_output("stat --format=%W /etc/plannerate-physical.json")
    began = datetime.fromtimestamp(int(turned_on), timezone.utc).isoformat()
    wait_for(lambda: newest()["end"] > began, 60, "a backup since")
    assert newest()["kind"] == "full"
