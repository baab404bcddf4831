# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the next run is due is what systemd says, and nothing where it does not say."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine import calendar

IN_UTC = """Normalized form: *-*-* 02:30:00 UTC
    Next elapse: Sat 2026-11-28 02:30:00 UTC
       From now: 21h left
"""
ELSEWHERE = """Normalized form: *-*-* 03:30:00
    Next elapse: Sat 2026-11-28 03:30:00 CET
       (in UTC): Sat 2026-11-28 02:30:00 UTC
       From now: 21h left
"""
SCHEDULES = {"run": "*-*-* 02:30:00 UTC", "drill": None, "random_delay": 600}
EXPECTED = datetime(2026, 11, 28, 2, 40, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("said", "expected"), [(IN_UTC, EXPECTED), (ELSEWHERE, EXPECTED), ("    Next elapse: never\n", None)]
)
def test_the_next_time_is_taken_from_what_systemd_says(monkeypatch, said, expected):
    monkeypatch.setattr(calendar, "run", lambda command: said)
    assert calendar.next_expected(SCHEDULES, "run") == expected


def test_without_a_schedule_or_systemd_nobody_knows(monkeypatch):
    def fails(_command):
        raise BackupError("systemd-analyze cannot be started")

    monkeypatch.setattr(calendar, "run", fails)
    assert calendar.next_expected(SCHEDULES, "run") is None
    assert calendar.next_expected(SCHEDULES, "drill") is None
