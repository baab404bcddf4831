# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of pgBackRest 2.45, as they were given, and what follows from them."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.info import read, require_same

FULL = {
    "archive": {"start": "000000010000000000000003", "stop": "000000010000000000000004"},
    "backrest": {"format": 5, "version": "2.45"},
    "database": {"id": 1, "repo-key": 1},
    "error": False,
    "info": {"delta": 23057650, "repository": {"delta": 2832848, "size": 2832848}, "size": 23057650},
    "label": "20261127-044048F",
    "lsn": {"start": "0/3000028", "stop": "0/4000050"},
    "prior": None,
    "reference": None,
    "timestamp": {"start": 1795754448, "stop": 1795754454},
    "type": "full",
}


def answer(backups=(FULL,), code=0, message="ok", databases=((1, 7712706452248089057, "15"),)):
    db = [
        {"id": number, "repo-key": 1, "system-id": system, "version": version} for number, system, version in databases
    ]
    archive = [
        {"database": {"id": number, "repo-key": 1}, "id": f"{version}-{number}"}
        for number, _system, version in databases
    ]
    repository = [{"cipher": "aes-256-cbc", "key": 1, "status": {"code": code, "message": message}}]
    # What it is, only its repository says.
    status = {"code": code, "message": "other" if code == 99 else message}
    return [
        {"archive": archive, "backup": list(backups), "db": db, "name": "main", "repo": repository, "status": status}
    ]


def test_a_backup():
    found = read(answer(), "main")
    assert (found.system, found.version, found.archive) == ("7712706452248089057", "15", "15-1")
    (backup,) = found.backups
    assert (backup.label, backup.kind, backup.end.timestamp(), backup.size, backup.stored) == (
        "20261127-044048F",
        "full",
        1795754454,
        23057650,
        2832848,
    )
    assert (backup.first, backup.last, backup.last_lsn) == (
        FULL["archive"]["start"],
        FULL["archive"]["stop"],
        "0/4000050",
    )


@pytest.mark.parametrize(
    "empty",
    [
        [],
        [
            {
                "archive": [],
                "backup": [],
                "db": [],
                "name": "main",
                "repo": [{"status": {"code": 1}}],
                "status": {"code": 1},
            }
        ],
    ],
)
def test_no_stanza_is_no_failure(empty):
    assert read(empty, "main") == (None, None, None, [])
    require_same(read(empty, "main"), "main", "4711", "backups/physical")


def test_a_stanza_without_backups_belongs_to_somebody():
    found = read(answer([], 2, "no valid backups"), "main")
    assert (found.system, found.backups) == ("7712706452248089057", [])


def test_a_repository_that_cannot_be_read_is_none():
    with pytest.raises(BackupError, match=r"another passphrase .* unable to load info file: t TWR"):
        read(answer([], 99, "[FormatError] unable to load\n info file: t\ufffdTWR\x07"), "main")


def test_backups_of_what_was_there_before_an_upgrade_do_not_count():
    found = read(
        answer([FULL, {**FULL, "label": "new", "database": {"id": 2}}], databases=[(1, 11, "14"), (2, 12, "15")]),
        "main",
    )
    assert (found.system, found.archive, [one.label for one in found.backups]) == ("12", "15-2", ["new"])


def test_another_cluster_is_refused():
    require_same(read(answer(), "main"), "main", "7712706452248089057", "backups/physical")
    with pytest.raises(
        Refused,
        match=r"below backups/physical the stanza main belongs to another cluster: .*7712706452248089057.* 4711",
    ):
        require_same(read(answer(), "main"), "main", "4711", "backups/physical")
