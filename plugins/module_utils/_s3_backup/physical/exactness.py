# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill restores a second that nobody chose, and its server's own words show that it stopped exactly there. Pure."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from ..errors import Damaged, Refused
from .moments import moment, shown
from .target import Plan
from .window import location

# So that its words are read as they are meant.
SETTINGS = {
    "lc_messages": "C",
    "log_min_messages": "log",
    "log_line_prefix": "",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
}
_STOPPED = re.compile(r"LOG: +recovery stopping before (?:commit|abort)[^,]*, time (\S+ \S+)\+00$", re.MULTILINE)
_LOCATION = re.compile(r'LOG: +recovery stopping after WAL location \(LSN\) "([0-9A-F]+/[0-9A-F]+)"$', re.MULTILINE)
_LAST = re.compile(r"LOG: +last completed transaction was at log time (\S+ \S+)\+00$", re.MULTILINE)


class Stop(NamedTuple):
    """The last transaction that was replayed, and the first one that was not; None where there was none.

    Where C(location) is the place of the last record, of its transaction nothing is said: PostgreSQL stops before it takes its time.
    """

    last: datetime | None
    first_left_out: datetime | None
    location: str | None = None


def aim(windows: Sequence[tuple[datetime, datetime]], below: Callable[[int], int] = secrets.randbelow) -> datetime:
    """A whole second out of all that can be restored, each as likely as any other.

    :raises Refused: where nothing can be restored.
    """
    spans = [(math.ceil(begin.timestamp()), math.floor(end.timestamp())) for begin, end in windows]
    spans = [(first, last) for first, last in spans if first <= last]
    if not spans:
        if not windows:
            raise Refused("nothing can be restored yet, so nothing was tried: there is no backup with its WAL")
        return windows[0][0]
    chosen = below(sum(last - first + 1 for first, last in spans))
    for first, last in spans:
        if chosen <= last - first:
            return datetime.fromtimestamp(first + chosen, timezone.utc)
        chosen -= last - first + 1
    raise AssertionError("less than the sum is in one of them")


def stopped(log: str) -> Stop:
    """Of what the server wrote while it came up."""
    first, last, place = _STOPPED.findall(log), _LAST.findall(log), _LOCATION.findall(log)
    return Stop(
        _moment(last[-1]) if last else None, _moment(first[-1]) if first else None, place[-1] if place else None
    )


def require_exact(found: Stop, made: Plan, target: datetime) -> None:
    """:raises Damaged: where something later was replayed, or something earlier may be missing."""
    by_time = made.options[:1] == ["--type=time"]
    last = made.reach.last
    if found.last and found.last > target:
        raise Damaged(f"{shown(target)} was asked for, and a transaction of {shown(found.last)} is there")
    if by_time and (found.first_left_out is None or found.first_left_out <= target):
        what = f"before one of {shown(found.first_left_out)}" if found.first_left_out else "before none"
        raise Damaged(f"{shown(target)} was asked for, and replaying stopped {what}, expected one that is later")
    # Here the target is the last commit that is archived, or none after the backup.
    if not by_time and last and (found.location is None or location(found.location) != location(last.lsn)):
        raise Damaged(
            f"the last commit that was archived, of {shown(last.at)}, is at {last.lsn}, and replaying stopped after "
            f"{found.location or 'none that was asked for'}"
        )


def described(found: Stop) -> str:
    if found.location:
        return f"the last commit that is archived was replayed, at {found.location}"
    last = f"the last transaction there is of {shown(found.last)}" if found.last else "no transaction was replayed"
    return f"{last}, " + (
        f"the first one left out of {shown(found.first_left_out)}" if found.first_left_out else "none was left out"
    )


def _moment(text: str) -> datetime:
    return moment(f"{text} UTC")
