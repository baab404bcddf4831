# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every standby of the inventory has its rows, and one that is gone is never one without lag."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._validation.replication import rows
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS

GOOD = {"state": "streaming", "replay_bytes": 0, "seconds": 0.0}


def verdicts(lag, reads, standbys=("pg-replica1",), **more):
    answer = {"standbys": list(standbys), "lag": {"standbys": lag, **more}, "reads": {"reads": reads}}
    return {(row["subject"], row["check"]): row["verdict"] for row in rows(answer, LIMITS)}


def test_a_standby_that_follows_keeps_all():
    found = verdicts({"pg-replica1": GOOD}, {"pg-replica1": {"seconds": 0.02}})
    assert len(found) == 4 and set(found.values()) == {"pass"}


def test_lag_in_bytes_in_time_and_a_late_read_are_judged_each():
    late = {"state": "streaming", "replay_bytes": 11 * 2**20, "seconds": 1.5}
    found = verdicts({"pg-replica1": late}, {"pg-replica1": {"seconds": 2}})
    assert [found["pg-replica1", check] for check in ("lag", "lag in time", "a write can be read after")] == [
        "fail"
    ] * 3


def test_one_that_is_gone_fails_and_its_figures_are_not_measured():
    gone = {"state": None, "replay_bytes": None, "seconds": None, "detail": "refused"}
    found = verdicts({"pg-replica1": gone}, {}, missing=["pg-replica1"])
    assert found.pop(("cluster", "standbys that do not stream")) == "fail"
    assert set(found.values()) == {"not measured"}


def test_without_a_primary_the_part_says_why():
    (row,) = rows({"standbys": ["pg-replica1"], "lag": {"skipped": True}, "reason": "two members take writes"}, LIMITS)
    assert (row["verdict"], row["note"]) == ("not measured", "two members take writes")
    (row,) = rows({"lag": {"msg": "cannot ask the primary"}}, LIMITS)
    assert row["note"] == "cannot ask the primary"
