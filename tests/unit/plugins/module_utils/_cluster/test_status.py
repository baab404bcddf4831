# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table never shows a missing replica as one without lag."""

from __future__ import annotations

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
        "timeline": 1,
        "slots": [{"name": "pg_replica1", "active": True, "wal_status": "reserved"}],
    },
    "pg-replica1": {"state": "running", "timeline": 1},
}


def test_a_streaming_replica_is_shown_with_its_lag_and_its_slot():
    lag = {"pg-replica1": {"state": "streaming", "sync_state": "quorum", "replay_bytes": 12, "seconds": 0.04}}
    rows = status.rows(MEMBERS, TOPOLOGY, INSTANCES, lag)
    assert rows[1]["lag_bytes"] == 12
    text = status.table(rows)
    assert "pg-replica1  db01:5433     standby  running  quorum  12 B, 0.0 s  pg_replica1 (active, reserved)" in text
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
    slots = [{"name": "pg_main", "active": False, "wal_status": "lost"}]
    row = status.rows(MEMBERS, TOPOLOGY, {**INSTANCES, "pg-main": dict(INSTANCES["pg-main"], slots=slots)}, lag)[0]
    assert {row[key] for key in ("sync_state", "streaming", "lag_bytes", "lag_seconds", "slot")} == {None}


def test_a_missing_slot_is_said():
    rows = status.rows(
        MEMBERS, TOPOLOGY, {**INSTANCES, "pg-main": {"state": "running", "timeline": 1, "slots": []}}, {}
    )
    assert status.table(rows).splitlines()[2].endswith("missing")


def test_one_that_does_not_follow_is_said_with_its_reason():
    found = {"follows": False, "verdict": "diverged", "reason": "it has 8 bytes of timeline 1 past 0/5"}
    rows = status.rows(MEMBERS, {**TOPOLOGY, "following": {"pg-replica1": found}}, INSTANCES, {})
    assert (rows[1]["verdict"], rows[1]["streaming"]) == ("diverged", False)
    lines = status.table(rows).splitlines()
    assert "standby  running, diverged  ?" in lines[2]
    assert (
        lines[3]
        == "pg-replica1 does not follow: it has 8 bytes of timeline 1 past 0/5. The rejoin playbook makes it follow"
    )
