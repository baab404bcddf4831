# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup is promised to be young, restored, and restored in time; what never was is not measured, and so not kept."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.backup import rows
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS

NOW = 1_800_000_000.0
RUN = {"success": 1, "last_success": NOW - 3600, "duration": 30.0}
DRILL = {"verified_backup": NOW - 86400, "restore_seconds": 90.0}
STORED = {"database": "shop", "id": "20260101T000000Z-1", "state": "verified"}


def verdicts(run=None, drill=None, stored=(STORED,)):
    jobs = {"run": {"shop": RUN if run is None else run}, "drill": {"shop": DRILL if drill is None else drill}}
    answer = {"environment": "production", "jobs": jobs, "backups": stored}
    return [row["verdict"] for row in rows(answer, LIMITS, NOW)]


def test_one_that_is_young_and_was_restored_is_good():
    assert verdicts() == ["pass"] * 5


@pytest.mark.parametrize(
    ("changed", "bad"),
    [
        ({"run": {**RUN, "last_success": NOW - 27 * 3600}}, 0),
        ({"run": {**RUN, "duration": 3700}}, 1),
        ({"drill": {**DRILL, "verified_backup": NOW - 10 * 86400}}, 2),
        ({"drill": {**DRILL, "restore_seconds": 4000}}, 3),
        ({"stored": [{**STORED, "state": "damaged"}]}, 4),
    ],
)
def test_each_promise_is_judged_for_itself(changed, bad):
    expected = ["pass"] * 5
    expected[bad] = "fail"
    assert verdicts(**changed) == expected


def test_what_never_happened_is_not_measured():
    assert verdicts(run={}, drill={}, stored=[]) == ["not measured"] * 5
    assert verdicts(stored=None)[4] == "not measured"


def test_a_machine_that_does_not_answer_says_why():
    (row,) = rows({"environment": "production", "reason": "no such program"}, LIMITS, NOW)
    assert (row["verdict"], row["note"]) == ("not measured", "no such program")
    (row,) = rows({"environment": "production", "jobs": {"run": {}}}, LIMITS, NOW)
    assert row["note"] == "no database of production was ever backed up"
