# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which full backups go, with what depends on them: planned first, and never so that nothing sound is left. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..errors import Contradiction, Damaged, Refused
from .info import Backup
from .moments import shown

# By how much clocks may differ.
_TOLERANCE = timedelta(hours=1)
_VALID = re.compile(r"^ *backup: (\S+), status: valid,", re.MULTILINE)


class Plan(NamedTuple):
    """Labels, oldest first. What depends on a full backup goes with it."""

    kept: list[str]
    gone: list[str]


def planned(backups: Sequence[Backup], sound: Collection[str], now: datetime, keep_days: int) -> Plan:
    """What is younger stays, and the newest sound one that is older: from it the first of these days is restored.

    :arg sound: labels of the backups from which something can be restored.
    :raises Contradiction: where a backup is of the future. :raises Refused: where nothing sound would be left.
    """
    fulls = sorted((one for one in backups if one.kind == "full"), key=lambda one: one.end)
    late = [one for one in fulls if one.end > now + _TOLERANCE]
    if late:
        raise Contradiction(
            f"{late[-1].label} ended at {shown(late[-1].end)}, which is later than now: look at the clocks. Nothing was deleted"
        )
    limit = now - timedelta(days=keep_days)
    older = [one for one in fulls if one.end <= limit]
    # What is not sound today may be whole but for a store that did not answer: where none is, the newest one stays all the same.
    first = next((one for one in reversed(older) if one.label in sound), older[-1] if older else None)
    kept = [one.label for one in fulls if one.end > limit or one is first]
    gone = [one.label for one in older if one is not first]
    if gone and not [label for label in kept if label in sound]:
        raise Refused(
            f"none of the backups that would be left can be restored ({', '.join(kept) or 'there are none'}). Nothing was deleted: "
            "make a full backup, and look at plannerate-physical list"
        )
    return Plan(kept, gone)


def counted(backups: Sequence[Backup], kept: Sequence[str], going: str) -> int:
    """How many full backups there are from the first one that is kept on, once C(going) went, which is the last to go."""
    ends = {one.label: one.end for one in backups if one.kind == "full" and one.label != going}
    return sum(end >= ends[kept[0]] for end in ends.values())


def chain(labels: Collection[str], full: str) -> set[str]:
    """A full backup and what depends on it, which pgBackRest names by it, such as C(20261127-174102F_20261128-010000D)."""
    return {label for label in labels if label.split("_")[0] == full}


def valid_in(text: str, wrong: str) -> set[str]:
    """Labels of the backups that C(pgbackrest verify) read and found to be what was stored.

    :arg text: what it said. :arg wrong: what of it is bad.
    :raises Damaged: where anything is, so that somebody looks while all of it is there.
    """
    if wrong:
        raise Damaged(f"the repository is not sound, nothing was deleted: {wrong}")
    return set(_VALID.findall(text))


def unfinished(paths: Collection[str]) -> list[str]:
    """Labels of backups that are under way or were interrupted.

    :arg paths: below the stanza's backups, such as C(20261127-174102F/backup.manifest).
    """
    begun = {path.split("/")[0] for path in paths if path.endswith("/backup.manifest.copy")}
    return sorted(begun - {path.split("/")[0] for path in paths if path.endswith("/backup.manifest")})
