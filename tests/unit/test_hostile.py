# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hostile suite's own parts: what counts as a right that grew, and what is found in a text and in a log."""

from __future__ import annotations

import pytest
from support.hostile import database, names
from support.hostile.rights import File, Rights, grown

BEFORE = Rights(
    facts={"role staging": {"LOGIN", "member of clients"}, "user www-data": {"www-data"}},
    files={
        "/etc/cron.d": File("root", "root", 0o755),
        "/etc/shadow": File("root", "shadow", 0o640),
        "/etc/postgresql/15/pg_main/start.conf": File("postgres", "postgres", 0o644),
    },
    contents={"/etc/sudoers": "1"},
)


def after(facts=None, files=None, contents=None):
    return Rights(
        {**BEFORE.facts, **(facts or {})}, {**BEFORE.files, **(files or {})}, {**BEFORE.contents, **(contents or {})}
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (after({"role staging": {"LOGIN", "member of clients", "SUPERUSER"}}), "role staging: SUPERUSER"),
        (after({"role other": {"LOGIN"}}), "role other: LOGIN"),
        (after({"user www-data": {"www-data", "docker"}}), "user www-data: docker"),
        (after(files={"/etc/shadow": File("postgres", "shadow", 0o640)}), "/etc/shadow: belongs to postgres, before to root"),
        (after(files={"/etc/shadow": File("root", "backup", 0o640)}), "/etc/shadow: its group is backup, before shadow"),
        (after(files={"/etc/cron.d": File("root", "root", 0o1775)}), "/etc/cron.d: its mode has 0020 more"),
        (after(files={"/etc/shadow": File("root", "shadow", 0o644)}), "/etc/shadow: its mode has 0004 more"),
        (after(files={"/etc/cron.d": File("root", "root", 0o4755)}), "/etc/cron.d: its mode has 4000 more"),
        (after(files={"/etc/a": File("postgres", "root", 0o644)}), "/etc/a: is there, and belongs to postgres"),
        (after(files={"/usr/bin/a": File("root", "root", 0o4755)}), "/usr/bin/a: is there, with mode 4755"),
        (after(files={"/etc/a": File("root", "backup", 0o664)}), "/etc/a: is there, and others than root may write it"),
        (after(files={"/etc/a": File("root", "root", 0o646)}), "/etc/a: is there, and others than root may write it"),
        (after(contents={"/etc/sudoers": "2"}), "/etc/sudoers: has another content"),
        (after(contents={"/etc/sudoers.d/a": "1"}), "/etc/sudoers.d/a: is there"),
    ],
)  # fmt: skip
def test_one_right_more_is_said(found, said):
    assert grown(BEFORE, found) == [said]


@pytest.mark.parametrize(
    "found",
    [
        BEFORE,
        Rights(),
        after({"role staging": {"LOGIN"}}),
        after(files={"/etc/shadow": File("root", "root", 0o600)}),
        after(files={"/etc/postgresql/15/pg_main/start.conf": File("root", "root", 0o644)}),
        after(files={"/etc/a": File("root", "root", 0o664)}),
        after(files={"/etc/cron.d": File("root", "root", 0o1755)}),
    ],
)
def test_what_was_taken_away_or_is_roots_is_not(found):
    assert grown(BEFORE, found) == []


def test_a_file_is_read_as_find_prints_it():
    assert File.read("root shadow 640") == File("root", "shadow", 0o640)


def test_names_with_their_schema_are_no_traps_place():
    found = names.named_in(
        ["SELECT pg_catalog.version(), count (*), x::pg_catalog.oid, y::text FROM t", "self.rows(1)"]
    )
    assert found.functions == {"count"} and "text" in found.types and "rows" not in found.functions


def test_our_own_text_is_read():
    found = names.ours()
    assert {"to_regprocedure", "aclexplode", "pg_wal_lsn_diff", "has_database_privilege"} <= found.functions
    assert "regrole" in found.types


def test_the_log_tells_who_stepped_into_which_trap():
    line = "2026-11-26 19:17:00.286 GMT [1] {}@victim [local] LOG:  the trap function f(text,integer) sprang on {} as none\n"
    statement = "2026-11-26 [1] LOG:  duration: 1 ms  statement: RAISE LOG 'the trap % sprang on % as %'\n"
    log = line.format("staging", "staging") + statement + line.format("postgres", "postgres")
    assert database.sprung(log, owner="staging") == [database.Sprung("function f(text,integer)", "postgres", "none")]
