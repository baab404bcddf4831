# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine tells monitoring after the primary went to another one, and when it comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import cluster, due, jobs, record
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.cluster import Archiving, Server

MEMBERS = [{"name": "pg-main"}, {"name": "pg-replica1"}]
NOW = Archiving(archived=100.0, failed=None, failures=0, waiting=0, behind=0.0, written=6000, free=3000, at=1000.0)


class Machine:
    """Its configuration, and who runs there."""

    def __init__(self, directory, monkeypatch):
        self.running = [Server(MEMBERS[0], False, "1", 1), Server(MEMBERS[1], True, "1", 1)]
        self.found = {
            "stanza": "main",
            "members": MEMBERS,
            "state_directory": str(directory),
            "textfile": str(directory / "physical.prom"),
            "drill": {"machine": "primary", "verify": True, "budget_seconds": 3600},
            "schedules": {},
        }
        monkeypatch.setattr(cluster, "servers", lambda found: self.running)
        monkeypatch.setattr(cluster, "archiving", lambda found, server: NOW)
        monkeypatch.setattr(
            due,
            "first_due",
            lambda found, state, jobs=due.BACKUPS: due_at(state, {"full": 500.0, "drill": 900.0}, jobs),
        )

    def told(self):
        jobs.watch(self.found)
        lines = Path(self.found["textfile"]).read_text().splitlines()
        pairs = (line.split() for line in lines if not line.startswith("#"))
        return {name.removeprefix("s3_backup_physical_").split("{")[0]: float(value) for name, value in pairs}


def due_at(state, moments, names):
    name = "next_expected_timestamp_seconds"
    return {} if name in state.get("figures", {}) else {name: moments[names[0]]}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def test_the_primarys_machine_tells_of_archiving_the_backups_and_the_drill(machine):
    record.remember(machine.found, {"job_success": 0, "next_expected_timestamp_seconds": 70.0})
    record.remember(machine.found, {"job_success": 1, "restore_seconds": 12.5}, name=record.DRILL)
    told = machine.told()
    assert (told["at_risk_seconds"], told["job_success"], told["next_expected_timestamp_seconds"]) == (60.0, 0, 70.0)
    assert (told["drill_job_success"], told["drill_restore_seconds"], told["drill_budget_seconds"]) == (1, 12.5, 3600)
    assert told["drill_next_expected_timestamp_seconds"] == 900.0


def test_where_the_primary_went_away_nothing_is_late_or_failed_also_when_it_is_back(machine):
    before = machine.running
    record.remember(machine.found, {"job_success": 0, "next_expected_timestamp_seconds": 70.0})
    record.remember(machine.found, {"job_success": 0}, name=record.DRILL)
    machine.running = [one._replace(standby=True) for one in before]
    assert machine.told() == {}
    machine.running = before
    told = machine.told()
    assert "job_success" not in told and "drill_job_success" not in told
    assert told["next_expected_timestamp_seconds"] == 500.0
    # Archiving goes on in the same repository: no full backup is due for that.
    assert not jobs.is_new(machine.found)


def test_a_member_that_cannot_be_asked_may_be_the_primary_so_a_failure_is_not_forgotten(machine):
    before = machine.running
    record.remember(machine.found, {"job_success": 0})
    machine.running = before[1:]
    machine.told()
    machine.running = before
    assert machine.told()["job_success"] == 0


@pytest.mark.parametrize(("named", "told"), [("this", True), ("other", False), ("none", False)])
def test_a_machine_that_is_named_tells_of_the_drill_whoever_is_primary(machine, named, told):
    machine.found["drill"]["machine"] = named
    record.remember(machine.found, {"job_success": 0}, name=record.DRILL)
    machine.running = [one._replace(standby=True) for one in machine.running]
    assert ("drill_job_success" in machine.told()) is told
