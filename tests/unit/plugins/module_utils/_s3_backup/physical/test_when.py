# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup answers, and how it is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.moments import moment
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.when import (
    Dump,
    answers,
    lines,
    ranges,
)

TOLD = {"reaches": [{"label": "20260131-030000F", "begin": "2026-01-31T03:10:00Z", "end": "2026-01-31T15:10:00Z"}]}
DUMPS = [
    Dump("20260130T023000Z-a", moment("2026-01-30T02:30:00Z")),
    Dump("20260131T023000Z-b", moment("2026-01-31T02:30:00Z")),
]


def test_the_exact_answer_comes_first_with_its_command():
    found = answers("shop", moment("2026-01-31T15:06:59Z"), DUMPS, ranges(TOLD))
    assert [one.lag for one in found] == [timedelta(0), timedelta(hours=12, minutes=36, seconds=59)]
    assert lines(found) == [
        "physical backup 20260131-030000F with its WAL, exactly, beside the running members",
        "  ansible-playbook playbooks/restore_physical.yml -e restore_physical_time=2026-01-31T15:06:59Z",
        "dump 20260131T023000Z-b, 12 hours older",
        "  ansible-playbook playbooks/restore.yml -e restore_database=shop -e restore_backup=20260131T023000Z-b",
    ]


def test_before_the_physical_backups_the_newest_dump_answers():
    (found,) = answers("shop", moment("2026-01-31T02:29:00Z"), DUMPS, ranges(TOLD))
    assert found.what == "dump 20260130T023000Z-a"


@pytest.mark.parametrize(
    ("dumps", "told", "words"),
    [
        (DUMPS, TOLD, "before the first backup ended.*oldest dump of shop is of 2026-01-30T02:30:00Z"),
        ([], TOLD, "before the first backup ended.*there is no dump of shop"),
        ([], {"reaches": []}, "nothing holds shop.*nothing can be restored"),
    ],
)
def test_what_nothing_holds_is_refused_with_what_there_is(dumps, told, words):
    with pytest.raises(Refused, match=words):
        answers("shop", moment("2026-01-01T00:00:00Z"), dumps, ranges(told))
