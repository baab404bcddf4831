# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table never shows a missing replica as one without lag, and says why a member does not follow."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._cluster import status

MEMBERS = [
    {"name": "pg-main", "machine": "db01", "port": 5432, "slot": "pg_main"},
    {"name": "pg-replica1", "machine": "db01", "port": 5433, "slot": "pg_replica1"},
]
TOPOLOGY = {
    "primary": "pg-main",
    "roles": {"pg-main": "primary", "pg-replica1": "standby"},
    "following": {"pg-replica1": {"follows": True, "verdict": "follows", "reason": "streaming on timeline 1"}},
}
INSTANCES = {
    "pg-main": {
        "state": "running",
        "role": "primary",
        "timeline": 1,
        "slots": [{"name": "pg_replica1", "type": "physical", "active": True, "wal_status": "reserved"}],
    },
    "pg-replica1": {"state": "running", "role": "standby", "timeline": 1},
}


def test_a_streaming_replica_is_shown_with_its_lag_and_its_slot():
    lag = {"pg-replica1": {"state": "streaming", "sync_state": "quorum", "replay_bytes": 12, "seconds": 0.04}}
    rows = status.rows(MEMBERS, TOPOLOGY, INSTANCES, lag)
    assert rows[1]["lag_bytes"] == 12
    text = status.table(rows)
    assert "pg-replica1  db01:5433     standby  running  quorum  12 B, 0.0 s  active, reserved" in text
    assert "pg-main      db01:5432     primary  running  -" in text


def test_a_missing_replica_is_missing_and_not_without_lag():
    unknown = {"pg-replica1": {"follows": False, "verdict": "unknown", "reason": "its machine cannot be reached"}}
    rows = status.rows(MEMBERS, {**TOPOLOGY, "following": unknown}, dict(INSTANCES, **{"pg-replica1": None}), {})
    assert rows[1]["lag_bytes"] is None
    assert rows[1]["state"] == "unreachable"
    assert "missing" in status.table(rows)


def test_a_primary_has_no_lag_and_no_slot_of_its_own():
    """What a former standby left behind is not shown of the primary."""
    lag = {"pg-main": {"state": "streaming", "sync_state": "async", "replay_bytes": 5, "seconds": 1.0}}
    slots = [{"name": "pg_main", "type": "physical", "active": False, "wal_status": "lost"}]
    row = status.rows(MEMBERS, TOPOLOGY, {**INSTANCES, "pg-main": dict(INSTANCES["pg-main"], slots=slots)}, lag)[0]
    assert {row[key] for key in ("sync_state", "streaming", "lag_bytes", "lag_seconds", "slot")} == {None}


def test_a_missing_slot_is_said():
    rows = status.rows(
        MEMBERS, TOPOLOGY, {**INSTANCES, "pg-main": {"state": "running", "timeline": 1, "slots": []}}, {}
    )
    assert status.table(rows).splitlines()[2].endswith("missing")


def shown(verdict: str, reason: str, state: str = "running", lag=None) -> tuple[status.StatusRow, list[str]]:
    """The row of a replica that does not follow, and the lines of the table."""
    topology = {**TOPOLOGY, "following": {"pg-replica1": {"follows": False, "verdict": verdict, "reason": reason}}}
    instances = {**INSTANCES, "pg-replica1": {"state": state, "role": "standby", "timeline": 1}}
    rows = status.rows(MEMBERS, topology, instances, {"pg-replica1": lag} if lag else {})
    return rows[1], status.table(rows).splitlines()


@pytest.mark.parametrize(
    ("verdict", "state", "cell", "remedy"),
    [
        ("detached", "running", "detached", "The failover playbook again"),
        ("diverged", "running", "diverged", "The rejoin playbook"),
        ("diverged", "stopped", "stopped, diverged", "The rejoin playbook"),
        ("elsewhere", "running", "elsewhere", "The rejoin playbook"),
        ("not streaming", "running", "not streaming", "Its log says why"),
        ("not running", "stopped", "stopped", "Start it"),
        ("unknown", "unreachable", "unreachable", "Bring it back"),
    ],
)
def test_one_that_does_not_follow_is_said_with_its_reason_and_the_remedy(verdict, state, cell, remedy):
    row, lines = shown(verdict, "it is so", state)
    assert (row["verdict"], row["reason"], row["streaming"]) == (verdict, "it is so", False)
    assert f"  standby  {cell}  " in lines[2]
    assert lines[3].startswith(f"pg-replica1 does not follow: it is so. {remedy}")


def test_nobody_is_told_to_start_a_member_that_is_left_aside():
    """A former primary, or a standby of an older timeline: it may hold what the primary does not have."""
    found = {"follows": False, "verdict": "not running", "reason": "it is stopped (primary)"}
    topology = {
        "primary": "pg-main",
        "roles": {"pg-main": "primary", "pg-replica1": "aside"},
        "following": {"pg-replica1": found},
    }
    text = status.table(status.rows(MEMBERS, topology, INSTANCES, {}))
    assert text.endswith("it is stopped (primary). The rejoin playbook makes it a standby again")


def test_one_that_follows_gets_no_line():
    assert len(status.table(status.rows(MEMBERS, TOPOLOGY, INSTANCES, {})).splitlines()) == 3


def test_the_place_of_a_diverged_member_is_no_lag():
    """It is connected, and reports a place that is not on the primary's timeline."""
    lag = {"state": "startup", "sync_state": "quorum", "replay_bytes": 0, "seconds": 0.0}
    row, lines = shown("diverged", "it has 8 bytes of timeline 1 past 0/5", lag=lag)
    assert (row["lag_bytes"], row["lag_seconds"]) == (None, None)
    assert "standby  diverged  quorum  ?    active, reserved" in lines[2]


def test_whether_it_streams_is_told_by_whether_it_follows():
    """A connection that streams is not enough: it may be from an older timeline."""
    lag = {"state": "streaming", "sync_state": "quorum", "replay_bytes": 12, "seconds": 0.0}
    assert shown("elsewhere", "it is told to follow pg-replica2", lag=lag)[0]["streaming"] is False


def test_the_table_fits_into_a_terminal():
    lag = {"state": "catchup", "sync_state": "quorum", "replay_bytes": 987654321, "seconds": 86400.0}
    _row, lines = shown("not streaming", "its connection is in state catchup", lag=lag)
    assert max(len(line) for line in lines[:3]) <= 100


def slot(name, active=False, kind="physical"):
    return {"name": name, "type": kind, "active": active, "wal_status": "extended"}


def test_slots_that_keep_wal_for_nobody_are_told_on_every_member():
    main = [slot("pg_replica1"), slot("pg_main"), slot("old"), slot("copy", active=True), slot("cdc", kind="logical")]
    instances = {
        "pg-main": {**INSTANCES["pg-main"], "slots": main},
        "pg-replica1": {**INSTANCES["pg-replica1"], "slots": [slot("pg_main")]},
    }
    rows = status.rows(MEMBERS, TOPOLOGY, instances, {})
    found = {row["member"]: [each["name"] for each in row["orphan_slots"]] for row in rows}
    assert found == {"pg-main": ["pg_main", "old"], "pg-replica1": ["pg_main"]}
    assert (
        "old on pg-main is a slot of no member that follows it, and keeps WAL (extended). If nobody else needs it"
        in status.table(rows)
    )


def test_without_a_primary_each_member_is_what_it_says_itself():
    """Two that take writes, one that cannot be reached: the table comes all the same."""
    topology = {
        "primary": None,
        "roles": {"pg-main": "standby", "pg-replica1": "standby", "pg-replica2": "aside"},
        "following": {},
    }
    # One of them is another one's, which is about to come back: no reason to drop it.
    writable = {"state": "running", "role": "primary", "timeline": 2, "slots": [slot("pg_replica2")]}
    members = [*MEMBERS, {"name": "pg-replica2", "machine": "db02", "port": 5432, "slot": "pg_replica2"}]
    rows = status.rows(members, topology, {"pg-main": writable, "pg-replica1": writable}, {})
    assert [(row["role"], row["state"]) for row in rows] == [
        ("primary", "running"),
        ("primary", "running"),
        ("aside", "unreachable"),
    ]
    assert len(status.table(rows).splitlines()) == 4
