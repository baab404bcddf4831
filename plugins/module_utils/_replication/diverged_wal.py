# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a member wrote past the point where the primary's timeline left its own: which segments have it, and how much it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import bytes_behind, lsn_bytes

_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")
_COMMIT = re.compile(r"\bdesc: COMMIT(?:_PREPARED)?\b")
_RECORD = re.compile(r"\blsn: ([0-9A-F]+/[0-9A-F]+)")
# The last thing that pg_waldump says: where the next record would begin; or that there was none at all.
_END = re.compile(r"\bat ([0-9A-F]+/[0-9A-F]+):")
_NOTHING = "could not find a valid record after"


class Diverged(TypedDict):
    """How much a member has past the fork; None where C(pg_waldump) did not tell."""

    bytes: int | None
    transactions: int | None


def segments(names: Iterable[str], timeline: int, fork: str, segment_bytes: int) -> list[str]:
    """Names of the WAL segments that have something of a timeline past a position.

    :arg names: of the files in the directory of the WAL.
    :arg fork: the position, as PostgreSQL prints it.
    :arg segment_bytes: size of a segment.
    """
    first = lsn_bytes(fork) // segment_bytes
    each_log = (1 << 32) // segment_bytes
    found = []
    for name in sorted(names):
        parts = _SEGMENT.fullmatch(name)
        if parts and int(parts[1], 16) == timeline and int(parts[2], 16) * each_log + int(parts[3], 16) >= first:
            found.append(name)
    return found


def diverged(fork: str, output: str, errors: str) -> Diverged:
    """What C(pg_waldump --rmgr=Transaction) told of the WAL from a position on.

    It ends with an error where the WAL ends, so its exit code says nothing.

    :arg fork: where it began.
    """
    if _NOTHING in errors:
        return {"bytes": 0, "transactions": 0}
    ends = _END.findall(errors)
    if not ends:
        return {"bytes": None, "transactions": None}
    lines = output.splitlines()
    positions = [ends[-1], *(found[1] for found in map(_RECORD.search, lines) if found)]
    return {
        "bytes": bytes_behind(max(positions, key=lsn_bytes), fork),
        "transactions": sum(1 for line in lines if _COMMIT.search(line)),
    }


def described(name: str, timeline: int, fork: str, found: Diverged, kept: str | None) -> str:
    """It as one sentence, for an operator.

    :arg kept: the directory in which the segments are kept, None where they are not.
    """
    if found["bytes"] == 0:
        return f"{name} has nothing of timeline {timeline} past {fork}, where the primary's timeline began"
    if found["bytes"] is None:
        much = "an unknown amount of WAL (pg_waldump could not read it)"
    else:
        much = f"{found['bytes']} bytes of WAL with {found['transactions']} committed transaction(s)"
    where = f"They are kept in {kept}" if kept else "None of them is kept, since no transaction is in them"
    return f"{name} has {much} of timeline {timeline} past {fork}, which the primary does not have. {where}"
