# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be restored from which backup, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused, UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.info import Backup
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.segments import Gap
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.target import planned
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.window import (
    Commit,
    choose,
    choose_location,
    described,
    reaches,
    windows,
)

MIB16 = 16 << 20
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def segment(place):
    return f"0000000100000000{place:08X}"


def backup(minutes, place, **changed):
    label = f"backup-{minutes}"
    values = {"begin": at(minutes - 1), "end": at(minutes), "first": segment(place), "last": segment(place + 1)}
    rest = {"last_lsn": f"0/{place + 1:X}000050", "size": 1, "stored": 1, "damaged": False}
    return Backup(label=label, kind="full", **{**values, **rest, **changed})


def commits(segments):
    """A commit in each minute, in the segment of its number."""
    return lambda name: (
        Commit(at(int(name[16:], 16)), f"0/{int(name[16:], 16):X}000060") if int(name[16:], 16) in segments else None
    )


def found(backups, missing=(), newest=40, last_commit=None):
    return reaches(
        backups,
        [Gap(segment(a), segment(b)) for a, b in missing],
        segment(newest),
        last_commit or commits(range(100)),
        MIB16,
    )


TWO = [backup(10, 10), backup(20, 20)]


def test_the_newest_backup_before_a_moment_is_chosen():
    seen = found(TWO)
    assert described(seen) == ["2026-01-31T12:10:01Z to 2026-01-31T12:40:00Z"]
    assert choose(seen, at(15)).backup.label == "backup-10"
    assert choose(seen, at(25)).backup.label == "backup-20"
    # It says whole seconds: the one in which it ended may be before it was consistent.
    assert choose(seen, at(20)).backup.label == "backup-10"
    assert choose(seen, at(20) + timedelta(seconds=1)).backup.label == "backup-20"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (at(5), "before the first backup ended. The nearest moment that can be restored is 2026-01-31T12:10:01Z"),
        (
            at(40) + timedelta(microseconds=1),
            "after the last commit that is archived. The nearest .* 2026-01-31T12:40:00Z",
        ),
    ],
)
def test_a_moment_outside_is_refused_with_the_nearest(target, words):
    with pytest.raises(Refused, match=words):
        choose(found(TWO), target)


def test_a_gap_ends_what_backups_before_it_reach():
    seen = found(TWO, missing=[(14, 16)])
    assert windows(seen) == [(at(10) + timedelta(seconds=1), at(14)), (at(20) + timedelta(seconds=1), at(40))]
    with pytest.raises(Refused, match=r"WAL is missing. The nearest .* 2026-01-31T12:14:00Z"):
        choose(seen, at(15))


def test_a_backup_that_misses_wal_of_its_own_or_is_damaged_does_not_count():
    assert [one.backup.label for one in found(TWO, missing=[(20, 21)])] == ["backup-10"]
    assert [one.backup.label for one in found([TWO[0], backup(20, 20, damaged=True)])] == ["backup-10"]


def test_without_a_commit_after_it_a_backup_reaches_itself():
    (one,) = found([TWO[0]], newest=11, last_commit=lambda name: None)
    assert (one.begin, one.end, one.last) == (at(10) + timedelta(seconds=1), at(10) + timedelta(seconds=1), None)
    assert planned([one], "time", "2026-01-31T12:10:01Z").options == ["--type=immediate"]


def test_a_later_backup_shows_that_there_was_no_commit_until_it_ended():
    """Of a database at rest: each of its moments can be restored, and not only some."""
    seen = found(TWO, newest=21, last_commit=lambda name: Commit(at(15), "0/F000060"))
    assert windows(seen) == [(at(10) + timedelta(seconds=1), at(20) + timedelta(seconds=1))]
    assert planned(seen, "time", "2026-01-31T12:14:59Z").options[0] == "--type=time"
    assert planned(seen, "time", "2026-01-31T12:18:00Z").options == ["--type=lsn", "--target=0/F000060"]
    assert planned(seen, "time", "2026-01-31T12:20:01Z").options == ["--type=immediate"]


def test_nothing_to_restore_is_said():
    for empty in (found([]), reaches(TWO, [], None, commits([]), MIB16)):
        assert described(empty) == ["nothing can be restored"]
        with pytest.raises(Refused, match="no backup"):
            choose(empty, at(15))


def test_the_last_commit_is_a_location_since_postgres_fails_at_its_moment():
    seen = found(TWO)
    assert planned(seen, "time", "2026-01-31T12:40:00Z").options == ["--type=lsn", "--target=0/28000060"]
    assert planned(seen, "time", "2026-01-31T12:39:59Z").options == [
        "--type=time",
        "--target=2026-01-31 12:39:59.000000+00",
    ]


def test_other_targets():
    seen = found(TWO)
    assert planned(seen, "now", "").options == ["--type=default"]
    assert planned(seen, "now", "").reach.backup.label == "backup-20"
    assert planned(seen, "lsn", "0/B000051").reach.backup.label == "backup-10"
    assert planned(seen, "name", "before-import", "backup-10").options == ["--type=name", "--target=before-import"]
    assert planned(seen, "xid", "4711").reach.backup.label == "backup-20"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("time", "2026-01-31 12:39:59", "no zone"),
        ("lsn", "0/x", "no location"),
        ("time", "", "no value"),
        ("never", "x", "no kind"),
    ],
)
def test_a_target_that_is_none_is_refused(kind, value, words):
    with pytest.raises(UsageError, match=words):
        planned(found(TWO), kind, value)


def test_a_location_before_every_backup_and_a_backup_that_is_not_there_are_refused():
    with pytest.raises(Refused, match="nearest location that can be restored is 0/B000050"):
        choose_location(found(TWO), "0/1000000")
    with pytest.raises(Refused, match="expected one of backup-10, backup-20"):
        planned(found(TWO), "name", "x", "backup-99")
