# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which moments can be restored, and from which backup. Pure, but for the function that gives the last commit of a segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from ..errors import Refused
from .info import Backup
from .moments import shown
from .segments import Gap, number


class Commit(NamedTuple):
    """C(lsn) is where its record is in the WAL."""

    at: datetime
    lsn: str


class Reach(NamedTuple):
    """From one backup every moment from C(begin) to C(end) can be restored. C(last) is the last commit on the way, None where there is
    none: PostgreSQL does not stop at a moment after which it finds no commit, it fails."""

    backup: Backup
    begin: datetime
    end: datetime
    last: Commit | None


class Range(Protocol):
    """What :func:`choose` needs of a reach."""

    @property
    def begin(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


Found = TypeVar("Found", bound=Range)
LastCommit = Callable[[str], "Commit | None"]


def reaches(
    backups: Sequence[Backup], gaps: Sequence[Gap], newest: str | None, last_commit: LastCommit, segment_bytes: int
) -> list[Reach]:
    """What can be restored from each backup, oldest first. A gap in the WAL ends what the backups before it reach.

    :arg newest: name of the last segment that is archived. :arg last_commit: gives the last commit up to the end of a segment,
        None where there is none.
    """
    fitting: list[tuple[Backup, str]] = []
    for backup in sorted(backups, key=lambda one: one.end):
        gap = next((one for one in gaps if _is_after(one, backup, segment_bytes)), None)
        last = gap.before if gap else newest
        if not backup.damaged and last is not None and not _lies_in(gaps, backup, segment_bytes):
            fitting.append((backup, last))
    commits = {last: last_commit(last) for last in dict.fromkeys(last for _backup, last in fitting)}
    # A backup that ended without a commit since shows that there was none until then.
    quiet = {last: _opens(backup) for backup, last in fitting}
    found = []
    for backup, last in fitting:
        begin, commit = _opens(backup), commits[last]
        later = commit if commit and commit.at > begin else None
        found.append(Reach(backup, begin, max(quiet[last], later.at if later else begin), later))
    return found


def choose(found: Sequence[Found], target: datetime) -> Found:
    """The backup from which a moment is restored with the least WAL.

    :raises Refused: with the nearest moment that can be restored.
    """
    fitting = [one for one in found if one.begin <= target <= one.end]
    if fitting:
        return max(fitting, key=lambda one: one.begin)
    _require(found)
    nearest = min((moment for one in found for moment in (one.begin, one.end)), key=lambda one: abs(one - target))
    why = (
        "before the first backup ended"
        if target < min(one.begin for one in found)
        else "after the last commit that is archived"
        if target > max(one.end for one in found)
        else "in a part of which the WAL is missing"
    )
    raise Refused(f"{shown(target)} is {why}. The nearest moment that can be restored is {shown(nearest)}")


def choose_location(found: Sequence[Reach], lsn: str) -> Reach:
    """As :func:`choose`, for a location in the WAL."""
    fitting = [one for one in found if location(one.backup.last_lsn) <= location(lsn)]
    if fitting:
        return max(fitting, key=lambda one: location(one.backup.last_lsn))
    _require(found)
    first = min((one.backup.last_lsn for one in found), key=location)
    raise Refused(f"{lsn} is before the first backup ended. The nearest location that can be restored is {first}")


def windows(found: Sequence[Range]) -> list[tuple[datetime, datetime]]:
    """What can be restored from any backup, without what overlaps."""
    merged: list[tuple[datetime, datetime]] = []
    for begin, end in sorted((one.begin, one.end) for one in found):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def described(found: Sequence[Range]) -> list[str]:
    return [f"{shown(begin)} to {shown(end)}" for begin, end in windows(found)] or ["nothing can be restored"]


def _require(found: Sequence[Range]) -> None:
    if not found:
        raise Refused(
            "there is no backup from which something can be restored; make one with plannerate-physical backup"
        )


def _opens(backup: Backup) -> datetime:
    """It says whole seconds, and has to be consistent by then."""
    return backup.end + timedelta(seconds=1)


def _is_after(gap: Gap, backup: Backup, segment_bytes: int) -> bool:
    return number(gap.before, segment_bytes) >= number(backup.last, segment_bytes)


def _lies_in(gaps: Sequence[Gap], backup: Backup, segment_bytes: int) -> bool:
    """Whether something is missing of what the backup needs to be consistent."""
    first, last = number(backup.first, segment_bytes), number(backup.last, segment_bytes)
    return any(number(one.before, segment_bytes) < last and number(one.after, segment_bytes) > first for one in gaps)


def location(lsn: str) -> int:
    high, _slash, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
