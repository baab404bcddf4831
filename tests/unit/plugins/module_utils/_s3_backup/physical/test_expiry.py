# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is too old goes, and never the last chain from which something can be restored."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Contradiction, Damaged, Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.expiry import (
    chain,
    counted,
    planned,
    unfinished,
    valid_in,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.info import Backup

NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
KEEP = 14


def backup(days, kind="full"):
    """It ended that many days ago, which is its label."""
    end = NOW - timedelta(days=days)
    return Backup(f"{days}", kind, end, end, "", "", "0/0", 1, 1, False)


def plan(days, sound=None):
    made = [backup(one) for one in days]
    return planned(made, {f"{one}" for one in (days if sound is None else sound)}, NOW, KEEP)


@pytest.mark.parametrize(
    ("days", "kept", "gone"),
    [
        ([6, 13], ["13", "6"], []),
        # From the one that is older the first of the days is restored.
        ([6, 13, 20], ["20", "13", "6"], []),
        ([6, 13, 20, 27, 34], ["20", "13", "6"], ["34", "27"]),
        # Nobody makes any more: nothing goes by itself but what a newer one replaces.
        ([40], ["40"], []),
        ([40, 50], ["40"], ["50"]),
        ([], [], []),
    ],
)
def test_the_days_stay_and_what_they_need(days, kept, gone):
    assert plan(days) == (kept, gone)


def test_the_newest_older_one_that_is_sound_stays():
    assert plan([6, 13, 20, 27, 34], sound=[6, 27, 34]) == (["27", "13", "6"], ["34", "20"])
    # The sound one is old: it is the last one.
    assert plan([6, 20, 27, 34], sound=[34]) == (["34", "6"], ["27", "20"])


def test_where_no_older_one_is_sound_the_newest_of_them_stays():
    assert plan([6, 13, 20, 27, 34], sound=[6, 13]) == (["20", "13", "6"], ["34", "27"])


def test_where_nothing_sound_would_be_left_nothing_goes():
    with pytest.raises(Refused, match=r"none of the backups that would be left can be restored \(20, 13, 6\)"):
        plan([6, 13, 20, 27], sound=[])


def test_what_depends_on_a_full_one_is_not_asked_for_itself():
    made = [backup(30), backup(29, "diff"), backup(20), backup(2, "diff")]
    assert planned(made, {"30", "20"}, NOW, KEEP) == (["20"], ["30"])


def test_full_backups_are_counted_from_the_first_one_that_is_kept():
    made = [backup(one) for one in (34, 27, 20, 6)] + [backup(3, "diff")]
    assert counted(made, ["34", "6"], "27") == 3
    assert counted(made, ["20", "6"], "27") == 2


def test_what_depends_on_a_full_one_is_named_by_it():
    assert chain({"1F", "1F_2D", "11F", "2F"}, "1F") == {"1F", "1F_2D"}


def test_a_backup_of_the_future_says_that_a_clock_is_wrong():
    with pytest.raises(Contradiction, match="later than now"):
        plan([-1, 20, 30])


VERIFIED = "stanza: main\nstatus: ok\n  backup: 1F, status: valid, total\n  backup: 2F, status: in-progress, total\n"


def test_only_what_was_read_and_found_whole_is_sound():
    assert valid_in(VERIFIED, "") == {"1F"}
    with pytest.raises(Damaged, match="nothing was deleted: other: 1"):
        valid_in(VERIFIED, "other: 1")


def test_a_backup_under_way_has_the_copy_of_its_manifest_only():
    paths = ["1F/backup.manifest", "1F/backup.manifest.copy", "2F/backup.manifest.copy", "2F/bundle/1", "backup.info"]
    assert unfinished(paths) == ["2F"]
