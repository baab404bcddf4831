# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup answers "this database as of that moment", and how it is asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..errors import Refused
from .moments import moment, shown
from .window import choose, described


class Dump(NamedTuple):
    """A logical backup that can be restored."""

    id: str
    made: datetime


class Range(NamedTuple):
    """From the physical backup C(label) every moment from C(begin) to C(end) can be restored."""

    label: str
    begin: datetime
    end: datetime


class Answer(NamedTuple):
    """C(lag) is how much older what it gives is than what was asked for."""

    what: str
    lag: timedelta
    command: str


def answers(database: str, at: datetime, dumps: Sequence[Dump], found: Sequence[Range]) -> list[Answer]:
    """The exact one first, then the newest dump from before.

    :raises Refused: where nothing goes back as far, with what can be restored.
    """
    result, refusal = [], ""
    try:
        reach = choose(found, at)
        result.append(
            Answer(
                f"physical backup {reach.label} with its WAL, exactly, beside the running members",
                timedelta(0),
                f"ansible-playbook playbooks/restore_physical.yml -e restore_physical_time={shown(at)}",
            )
        )
    except Refused as error:
        refusal = str(error) if found else ""
    earlier = [one for one in dumps if one.made <= at]
    if earlier:
        dump = max(earlier, key=lambda one: one.made)
        command = f"ansible-playbook playbooks/restore.yml -e restore_database={database} -e restore_backup={dump.id}"
        result.append(Answer(f"dump {dump.id}", at - dump.made, command))
    if result:
        return sorted(result, key=lambda one: one.lag)
    oldest = min((one.made for one in dumps), default=None)
    dumped = f"the oldest dump of {database} is of {shown(oldest)}" if oldest else f"there is no dump of {database}"
    if refusal:
        raise Refused(f"{refusal}, and {dumped}")
    raise Refused(f"nothing holds {database} as of {shown(at)}: {dumped}; physical: {', '.join(described(found))}")


def ranges(told: Mapping[str, Any]) -> list[Range]:
    """:arg told: what C(plannerate-physical list --json) answered."""
    return [Range(one["label"], moment(one["begin"]), moment(one["end"])) for one in told["reaches"]]


def lines(found: Sequence[Answer]) -> list[str]:
    text = []
    for one in found:
        lag = f", {_span(one.lag)} older" if one.lag else ""
        text += [f"{one.what}{lag}", f"  {one.command}"]
    return text


def _span(lag: timedelta) -> str:
    seconds = int(lag.total_seconds())
    for unit, count in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * count:
            return f"{seconds // count} {unit}"
    return f"{seconds} s"
