# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup, and what monitoring is told. Both do nothing where the primary is on another machine, which does it."""

from __future__ import annotations

import os
import time
from datetime import timezone

from . import cluster, due, figures, info, record
from .catalogue import read
from .configuration import program_of
from .segments import gaps

ELSEWHERE = "no member of this machine is the primary: nothing to do here"


def prepare(found):
    """Sees to it that the repository is this cluster's, and makes its stanza where there is none.

    Gives the primary, None where it is on another machine, the servers that run here, and the repository as it was.

    :raises Refused: where it is another cluster's; nothing was written then.
    """
    running = cluster.servers(found)
    primary = cluster.primary_of(running)
    if primary is None:
        return None, running, None
    program = program_of(found, primary.member)
    repository = program.repository()
    info.require_same(repository, found["stanza"], primary.system, found["place"])
    if repository.system is None:
        program.run("stanza-create")
    return primary, running, repository


def back_up(found, kind):
    """Makes a backup, from a standby if one runs here, and writes down how it went. The first one is full whatever is asked for."""
    began = time.time()
    with record.recorded(found):
        primary, running, _before = prepare(found)
        if primary is None:
            _left_to_another(found, running)
            return {"backup": None}, [ELSEWHERE]
        standby = any(one.standby for one in running)
        program = program_of(found, primary.member)
        program.run("backup", f"--type={kind}", "--backup-standby" if standby else "--no-backup-standby")
        repository = program.repository()
        backup = repository.backups[-1]
        missing = gaps(program.segments(repository.archive), primary.segment_bytes)
        made = {
            "backup_timestamp_seconds": backup.end.timestamp(),
            "backup_duration_seconds": time.time() - began,
            "backup_stored_bytes": backup.stored,
            "window_begin_timestamp_seconds": repository.backups[0].end.timestamp(),
            "gaps": len(missing),
            **due.due(found),
        }
        record.remember(found, {**made, "job_success": 1}, schedules=due.by(found))
    lines = [f"{backup.label}  {backup.kind}  {backup.end.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S UTC}"]
    lines += [f"WAL is missing between {one.before} and {one.after}" for one in missing]
    return {"backup": backup.label, "kind": backup.kind, "gaps": len(missing)}, lines


def watch(found):
    """Tells monitoring how far archiving is."""
    running = cluster.servers(found)
    primary = cluster.primary_of(running)
    if primary is None:
        _left_to_another(found, running)
        return {"primary": None}, [ELSEWHERE]
    now = cluster.archiving(found, primary)
    state = record.read(found)
    told = figures.figures(now, state.get("rate"))
    first = due.first_due(found, state)
    # Over some minutes, so that one checkpoint does not count.
    old = not state.get("rate") or now.at - state["rate"]["at"] > 240
    if old or first:
        rate = {"written": now.written, "at": now.at} if old else None
        state = record.remember(found, first, rate, schedules=due.by(found) if first else None)
    record.publish(found, {**state.get("figures", {}), **told}, drill_figures(found, is_primary=True))
    return {"primary": primary.member["name"], **told}, [f"{name}: {value:.15g}" for name, value in told.items()]


def drill_figures(found, is_primary):
    """What the last drill said, where this machine is the one that has them."""
    if not drills_here(found, is_primary):
        return {}
    state = record.read(found, record.DRILL)
    first = due.first_due(found, state, due.DRILL)
    if first:
        state = record.remember(found, first, name=record.DRILL, schedules=due.by(found, due.DRILL))
    return {**state.get("figures", {}), "budget_seconds": found["drill"]["budget_seconds"]}


def drills_here(found, is_primary):
    """Whether drills are this machine's: that of the primary's, unless the inventory names one, or C(none)."""
    return found["drill"]["machine"] == "this" or (found["drill"]["machine"] == "primary" and is_primary)


def _left_to_another(found, running):
    """No figure of this machine is true any more, once it is sure: a member that restarts cannot be asked."""
    if running and len(running) == len(found["members"]):
        record.forget(found, record.BACKUPS)
        if found["drill"]["machine"] == "primary":
            record.forget(found, record.DRILL)
    record.publish(found, {}, drill_figures(found, is_primary=False))


def is_new(found):
    """Whether nothing was backed up or watched on this machine since physical backups were turned on."""
    return not os.path.exists(record.path_of(found))


def look(found):
    """The backups, and what can be restored."""
    running = cluster.servers(found)
    server = cluster.primary_of(running) or next(iter(running), None)
    return read(found, server)
