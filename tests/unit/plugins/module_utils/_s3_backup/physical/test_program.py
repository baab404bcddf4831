# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last commit of a segment, and where it is looked for."""

from __future__ import annotations

import json

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Busy, UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.moments import shown
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.program import (
    Program,
    before,
    last_commit_of,
    wrong_in,
)

MIB16 = 16 << 20
# As pg_waldump 15 writes it.
BEGIN = "rmgr: Transaction len (rec/tot):     34/    34, tx:        738"
DUMPED = f"""\
{BEGIN}, lsn: 0/020000A0, prev 0/02000060, desc: COMMIT 2026-11-27 04:40:59.100000 UTC
{BEGIN}, lsn: 0/02000148, prev 0/020000E8, desc: COMMIT 2026-11-27 04:41:01.230000 UTC; inval msgs: catcache 80
{BEGIN}, lsn: 0/02000200, prev 0/02000148, desc: ABORT 2026-11-27 04:41:02.000000 UTC
"""
PREPARED = (
    "rmgr: Transaction len (rec/tot):     58/    58, tx:          0, lsn: 0/03000060, prev 0/03000028, "
    "desc: COMMIT_PREPARED 741: 2026-11-27 04:42:00.000000 UTC\n"
)


def test_the_last_commit_counts_and_not_what_was_given_up():
    found = last_commit_of(DUMPED)
    assert (shown(found.at), found.lsn) == ("2026-11-27T04:41:01.23Z", "0/02000148")
    assert shown(last_commit_of(DUMPED + PREPARED).at) == "2026-11-27T04:42:00Z"
    assert last_commit_of("") is None


def test_it_is_looked_for_backwards_also_on_the_timeline_before():
    names = [
        f"{timeline:08X}00000000{place:08X}" for timeline, place in ((1, 3), (1, 4), (1, 5), (2, 4), (2, 5), (2, 6))
    ]
    assert before(names, names[-2], MIB16) == [names[4], names[3], names[0]]


def saying(directory, content, status=0):
    """A program in place of pgBackRest that says something and ends."""
    (directory / "said").write_bytes(content)
    path = directory / "pgbackrest"
    path.write_text(f"#!/bin/sh\ncat {directory}/said\nexit {status}\n")
    path.chmod(0o755)
    return Program("/nowhere.conf", "main", "/nowhere", str(path))


def test_what_it_read_with_a_wrong_key_is_no_text_and_no_traceback(tmp_path):
    """As 2.45 and 2.55 do: bytes of the encrypted file stand in the middle of the answer."""
    status = {"code": 99, "message": "unable to load: GARBAGE\nHINT: none"}
    told = [
        {"name": "main", "db": [], "backup": [], "archive": [], "repo": [{"status": status}], "status": {"code": 99}}
    ]
    content = json.dumps(told).encode().replace(b"GARBAGE", b"t\xd1TWR\x01C")
    with pytest.raises(BackupError, match=r"another passphrase .* unable to load: t TWR C HINT: none$"):
        saying(tmp_path, content).repository()
    with pytest.raises(BackupError, match=r"pgbackrest check failed with exit code 29: .*t TWR C"):
        saying(tmp_path, content, 29).run("check")


def test_one_that_is_at_work_is_no_failure_and_a_missing_one_says_what_to_do(tmp_path):
    with pytest.raises(Busy):
        saying(tmp_path, b"ERROR: [050]: unable to acquire lock", 50).run("backup")
    with pytest.raises(UsageError, match="converge the role that installs it"):
        Program("/nowhere.conf", "main", "/nowhere", f"{tmp_path}/none").run("backup")


# As pgbackrest verify 2.45 writes it, with exit code 0 both times.
VERIFIED = """\
stanza: main
status: ok
  archiveId: 15-1, total WAL checked: 6, total valid WAL: 6
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: 20261127-174102F, status: valid, total files checked: 965, total valid files: 965
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (VERIFIED, ""),
        (VERIFIED.replace("status: ok", "status: error").replace("other: 0", "other: 1"), "other: 1"),
        (VERIFIED + VERIFIED.replace("status: ok", "status: error"), "status: error"),
        ("", "said nothing"),
    ],
)
def test_what_a_verification_says(text, words):
    assert words in wrong_in(text) and bool(words) == bool(wrong_in(text))
