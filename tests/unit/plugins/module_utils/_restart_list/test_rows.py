# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restarts is said once for each thing, with the reason and with who notices."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import (
    KINDS,
    NOTHING,
    STARTS,
    line,
    lines,
    row,
    unique,
)

POOLER = {"name": "pgbouncer", "kind": "pgbouncer", "why": "listen_backlog is '128', wanted '1024'"}


def test_a_line_has_the_machine_the_reason_and_who_notices_for_how_long():
    said = line(row(POOLER, "db01"))
    assert said.startswith("db01: pgbouncer restarts, since listen_backlog is '128', wanted '1024'. Who notices: ")
    assert "every client is disconnected" in said and "about 1 s" in said


def test_what_only_starts_interrupts_nobody():
    assert line(row({**POOLER, "action": STARTS}, "db01")).endswith("Who notices: Nobody.")


def test_each_thing_once_by_what_was_said_first():
    first, other = row(POOLER, "db01"), row(POOLER, "db02")
    assert unique([first, row({**POOLER, "why": "another reason"}, "db01"), other]) == [first, other]


@pytest.mark.parametrize("check", [True, False])
def test_without_rows_nothing_restarts(check):
    assert lines([], check) == [NOTHING] == ["Nothing restarts."]


def test_the_heading_says_whether_it_was_done():
    rows = [row(POOLER, "db01")]
    assert "if this runs without --check" in lines(rows, check=True)[0]
    assert "of this run" in lines(rows, check=False)[0]


def test_a_member_is_listed_on_its_machine():
    assert row({**POOLER, "machine": "db02"}, "pg-main")["machine"] == "db02"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({**POOLER, "kind": "toaster"}, "kind is 'toaster', expected one of standby, "),
        ({"name": "x", "kind": "engine"}, "expected name, kind, why"),
        ({**POOLER, "why": ""}, "expected name, kind, why"),
        ({**POOLER, "since": "today"}, "expected name, kind, why"),
    ],
)
def test_a_row_that_is_none_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        row(given, "db01")


def test_every_kind_says_who_notices():
    assert all(kind.action and kind.notice and not kind.notice.endswith(".") for kind in KINDS.values())
