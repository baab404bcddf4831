# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By when something is expected, which is all that an alert has to know of a schedule."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.due import DRILL, by, due, first_due

SCHEDULES = {"schedules": {"full": 700.0, "diff": 200.0, "drill": 900.0}}


def ask(schedules, job):
    return schedules[job]


def test_whichever_backup_comes_first_is_expected_and_the_drill_by_its_own():
    assert due(SCHEDULES, ask=ask) == {"next_expected_timestamp_seconds": 200.0}
    assert due(SCHEDULES, DRILL, ask=ask) == {"next_expected_timestamp_seconds": 900.0}


def test_nobody_knows():
    assert due(SCHEDULES, ask=lambda schedules, job: None) == {}


def test_a_first_one_is_expected_too_and_does_not_move():
    assert first_due(SCHEDULES, {"figures": {"job_success": 0}}, ask=ask) == {"next_expected_timestamp_seconds": 200.0}
    assert first_due(SCHEDULES, {"figures": {"next_expected_timestamp_seconds": 100.0}}, ask=ask) == {}


def test_by_another_schedule_it_is_expected_anew():
    figures = {"figures": {"next_expected_timestamp_seconds": 100.0}}
    changed = {"schedules": {**SCHEDULES["schedules"], "diff": 300.0}}
    assert first_due(SCHEDULES, {**figures, "schedules": by(SCHEDULES)}, ask=ask) == {}
    assert first_due(changed, {**figures, "schedules": by(SCHEDULES)}, ask=ask) == {
        "next_expected_timestamp_seconds": 300.0
    }
    # The drill's is not.
    assert first_due(changed, {**figures, "schedules": by(SCHEDULES, DRILL)}, DRILL, ask=ask) == {}
