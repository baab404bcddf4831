# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup is restored, and up to where."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import NamedTuple

from ..errors import Refused, UsageError
from . import catalogue, cluster
from .moments import for_postgres, moment, shown
from .window import Reach, choose, choose_location

KINDS = ("now", "time", "lsn", "name", "xid")
# After everything: what is asked for where there is no backup yet, which is refused with that.
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


class Plan(NamedTuple):
    """C(options) are pgBackRest's, C(target) is what people read."""

    reach: Reach
    options: list[str]
    target: str


def plan(found, kind, value, backup=None):
    """Which backup is restored up to where.

    :raises Refused: where that cannot be reached, with the nearest that can.
    """
    running = cluster.servers(found)
    server = cluster.primary_of(running) or next(iter(running), None)
    seen = catalogue.read(found, server)
    return seen, planned(seen.reaches, kind, value, backup)


def planned(reaches, kind, value, backup=None) -> Plan:
    """Pure."""
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no kind of target, expected one of {', '.join(KINDS)}")
    if kind != "now" and not value:
        raise UsageError(f"the target {kind} has no value")
    if kind == "now":
        reach = choose(reaches, max((one.end for one in reaches), default=_NEVER))
        return Plan(reach, ["--type=default"], f"the end of the archive, {shown(reach.end)} or later")
    if kind == "time":
        when = moment(value)
        reach = choose(reaches, when)
        # A server that is told a moment after which it finds no commit fails.
        options = (
            ["--type=immediate"]
            if reach.last is None
            else ["--type=lsn", f"--target={reach.last.lsn}"]
            if when >= reach.last.at
            else ["--type=time", f"--target={for_postgres(when)}"]
        )
        return Plan(reach, options, shown(when))
    if kind == "lsn":
        if not re.fullmatch(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}", value):
            raise UsageError(f"{value!r} is no location in the WAL, expected one such as 0/3000060")
        return Plan(choose_location(reaches, value), ["--type=lsn", f"--target={value}"], f"location {value}")
    reach = _named(reaches, backup) if backup else choose(reaches, max((one.begin for one in reaches), default=_NEVER))
    return Plan(
        reach, [f"--type={kind}", f"--target={value}"], f"{kind} {value}, which has to be later than the backup"
    )


def _named(reaches, label):
    found = next((one for one in reaches if one.backup.label == label), None)
    if not found:
        labels = ", ".join(one.backup.label for one in reaches) or "none"
        raise Refused(f"{label} is no backup that can be restored, expected one of {labels}")
    return found
