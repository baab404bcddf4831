# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of WAL segments: which follow each other, and which are missing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..errors import BackupError, Refused

_LOG = 1 << 32


class Gap(NamedTuple):
    """What is missing between two segments that are there, as names of segments."""

    before: str
    after: str


def number(name: str, segment_bytes: int) -> int:
    """The place of a segment among all, whatever its timeline."""
    if not re.fullmatch(r"[0-9A-F]{24}", name):
        raise BackupError(f"{name!r} is no name of a WAL segment")
    return int(name[8:16], 16) * (_LOG // segment_bytes) + int(name[16:24], 16)


def require_size(names: Iterable[str], segment_bytes: int) -> None:
    """:raises Refused: where segments are smaller, by a name that there is not among such ones: what is missing cannot be told then."""
    wrong = next((name for name in names if int(name[16:24], 16) >= _LOG // segment_bytes), None)
    if wrong:
        raise Refused(
            f"the segment {wrong} in the archive is smaller than {segment_bytes >> 20} MiB (wal_segment_size), which is not known here "
            "how to expire. Nothing was deleted"
        )


def gaps(names: Iterable[str], segment_bytes: int) -> list[Gap]:
    """Where segments are missing: inside of each timeline, and between the end of one and the beginning of the next.

    A timeline begins with the segment in which the one before it was left, or with the one after that; it may begin before the other
    one ends, since the other server went on for a while.
    """
    found, before = [], None
    timelines: dict[str, list[str]] = {}
    for name in sorted(names):
        timelines.setdefault(name[:8], []).append(name)
    for _timeline, own in sorted(timelines.items()):
        for name in own:
            follows = before is None or number(name, segment_bytes) <= number(before, segment_bytes) + 1
            if not follows:
                found.append(Gap(str(before), name))
            before = name
    return found
