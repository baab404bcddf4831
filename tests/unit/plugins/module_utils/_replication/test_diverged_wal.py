# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a former primary has past the fork: which segments, how many bytes and transactions, in pg_waldump's own words."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._replication.diverged_wal import (
    described,
    diverged,
    segments,
)

MEGABYTE = 1 << 20
FILES = [
    "00000001000000000000000A",
    "00000001000000000000000B.partial",
    "000000010000000000000009",
    "0000000100000001000000FF",
    "00000002000000000000000B",
    "00000002.history",
    "archive_status",
]
COMMIT = (
    "rmgr: Transaction len (rec/tot):    405/   405, tx:        {}, lsn: 0/040{}, prev 0/04017E20, desc: COMMIT 2026-11-25 "
    "19:59:36.525423 UTC; inval msgs: catcache 80"
)
ABORT = COMMIT.replace("COMMIT", "ABORT")
# PostgreSQL 15, and 17.
ENDS = [
    "pg_waldump: error: error in WAL record at 0/4020928: invalid record length at 0/4020AC0: wanted 24, got 0",
    "pg_waldump: error: error in WAL record at 0/4020928: invalid record length at 0/4020AC0: expected at least 24, got 0",
]


@pytest.mark.parametrize(
    ("fork", "size", "found"),
    [
        ("0/A000148", 16, ["00000001000000000000000A", "00000001000000000000000B.partial", "0000000100000001000000FF"]),
        ("0/9FFFFFF", 16, [*FILES[2:3], "00000001000000000000000A", "00000001000000000000000B.partial", FILES[3]]),
        ("1/0", 16, ["0000000100000001000000FF"]),
        ("2/0", 16, []),
        ("0/A000000", 1, ["0000000100000001000000FF"]),
    ],
)
def test_segments_of_the_timeline_from_the_forks_own_on(fork, size, found):
    assert segments(FILES, 1, fork, size * MEGABYTE) == found


@pytest.mark.parametrize("end", ENDS)
def test_bytes_and_transactions(end):
    output = "\n".join([COMMIT.format(724, "17E68"), ABORT.format(725, "1BDA0"), COMMIT.format(726, "20928")])
    assert diverged("0/4000000", output, end) == {"bytes": 0x20AC0, "transactions": 2}


def test_nothing_past_the_fork():
    said = "pg_waldump: error: could not find a valid record after 0/4020AC0"
    assert diverged("0/4020AC0", "", said) == {"bytes": 0, "transactions": 0}


def test_wal_that_cannot_be_read_is_unknown():
    said = 'pg_waldump: error: could not find file "000000010000000000000009": No such file or directory'
    assert diverged("0/9000000", "", said) == {"bytes": None, "transactions": None}


@pytest.mark.parametrize(
    ("found", "kept", "said"),
    [
        ({"bytes": 0, "transactions": 0}, None, "pg-main has nothing of timeline 1 past 0/4000000"),
        ({"bytes": 80, "transactions": 0}, None, "80 bytes of WAL with 0 committed transaction(s)"),
        ({"bytes": 80, "transactions": 2}, "/keep", "They are kept in /keep"),
        ({"bytes": None, "transactions": None}, "/keep", "an unknown amount of WAL (pg_waldump could not read it)"),
    ],
)
def test_what_is_said(found, kept, said):
    assert said in described("pg-main", 1, "0/4000000", found, kept)
