# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which calls old chains are deleted: with what retention, and no more once the repository is not what was planned for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.expire import expire
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.info import Backup, Repository

NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
SEGMENTS = [f"0000000100000000000000{place:02X}" for place in range(1, 60)]


class Repo:
    """Stands for pgBackRest: full backups of so many days ago, each with a segment of that number.

    It deletes WAL as pgBackRest does: with what it is told to keep, from the n-th newest full backup that is still there.
    """

    stanza = "main"

    def __init__(self, days, invalid=()):
        self.days, self.invalid = list(days), invalid
        self.begun = []
        self.calls = []
        self.oldest_segment = 1
        self.after = {}

    def repository(self):
        return Repository("1", "15", "15-1", [self.backup(one) for one in self.days])

    def backup(self, days):
        end = NOW - timedelta(days=days)
        segment = SEGMENTS[40 - days]
        return Backup(label(days), "full", end, end, segment, segment, "0/0", 1, 1, False)

    def segments(self, _archive):
        return SEGMENTS

    def run(self, command, *options, arguments=()):
        self.calls.append([command, *options])
        said = ""
        if command == "repo-ls":
            said = json.dumps({f"{one}/backup.manifest.copy": {} for one in self.begun})
        if command == "verify":
            valid = [one for one in self.days if one not in self.invalid]
            said = "status: ok\n" + "".join(f"  backup: {label(one)}, status: valid, total\n" for one in valid)
        if command == "expire":
            self.take(**dict(option.removeprefix("--").split("=") for option in options))
        self.after.pop(command, lambda: None)()
        return said

    def take(self, **options):
        self.days = [one for one in self.days if label(one) != options["set"]]
        keep = int(options["repo1-retention-archive"])
        if keep <= len(self.days):
            self.oldest_segment = max(self.oldest_segment, 40 - sorted(self.days)[keep - 1])

    def deleted(self):
        return [one[1].removeprefix("--set=") for one in self.calls if one[0] == "expire"]


def label(days):
    return f"{99 - days:02}F"


def labels(*days):
    return [label(one) for one in days]


def test_with_two_that_go_the_wal_of_the_first_that_is_kept_stays():
    repo = Repo([34, 27, 20, 6], invalid=[20, 27])
    assert expire(repo, 14, True, NOW) == (labels(34, 6), labels(27, 20), [])
    assert repo.deleted() == labels(27, 20)
    assert repo.oldest_segment == 40 - 34


def test_with_the_last_one_its_wal_goes():
    repo = Repo([34, 27, 20, 6])
    assert expire(repo, 14, True, NOW) == (labels(20, 6), labels(34, 27), [])
    assert repo.oldest_segment == 40 - 20


@pytest.mark.parametrize("delete", [True, False])
def test_where_one_was_made_while_it_was_verified_nothing_goes(delete):
    repo = Repo([34, 27, 20, 6])
    repo.after["verify"] = lambda: repo.days.append(0)
    assert expire(repo, 14, delete, NOW) == (labels(34, 27, 20, 6), [], labels(0))
    assert repo.deleted() == []


@pytest.mark.parametrize("delete", [True, False])
def test_where_one_was_begun_while_it_was_verified_nothing_goes(delete):
    repo = Repo([34, 27, 20, 6])
    repo.after["verify"] = lambda: repo.begun.append("begun")
    assert expire(repo, 14, delete, NOW) == (labels(34, 27, 20, 6), [], ["begun"])
    assert repo.deleted() == []


def test_where_one_was_deleted_meanwhile_no_more_goes_and_what_went_is_told():
    repo = Repo([34, 27, 20, 6])
    repo.after["expire"] = lambda: repo.days.remove(20)
    assert expire(repo, 14, True, NOW) == (labels(27, 20, 6), labels(34), labels(20))
    assert repo.deleted() == labels(34)
    assert repo.oldest_segment == 1
