# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup, and what monitoring is told. Both do nothing where the primary is on another machine, which does it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from datetime import timezone

from ..errors import BackupError
from ..machine.state import replace
from . import cluster, figures, info
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
    with _recorded(found):
        primary, running, _before = prepare(found)
        if primary is None:
            _publish(found, {})
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
        }
        _remember(found, {**made, "job_success": 1})
    lines = [f"{backup.label}  {backup.kind}  {backup.end.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S UTC}"]
    lines += [f"WAL is missing between {one.before} and {one.after}" for one in missing]
    return {"backup": backup.label, "kind": backup.kind, "gaps": len(missing)}, lines


def watch(found):
    """Tells monitoring how far archiving is."""
    primary = cluster.primary_of(cluster.servers(found))
    if primary is None:
        _publish(found, {})
        return {"primary": None}, [ELSEWHERE]
    now = cluster.archiving(found, primary)
    state = _state(found)
    told = figures.figures(now, state.get("rate"))
    # Over some minutes, so that one checkpoint does not count.
    if not state.get("rate") or now.at - state["rate"]["at"] > 240:
        state = _remember(found, {}, {"written": now.written, "at": now.at})
    _publish(found, {**state.get("figures", {}), **told})
    return {"primary": primary.member["name"], **told}, [f"{name}: {value:.15g}" for name, value in told.items()]


def is_new(found):
    """Whether nothing was backed up or watched on this machine since physical backups were turned on."""
    return not os.path.exists(_path(found))


def look(found):
    """The backups, and what can be restored."""
    running = cluster.servers(found)
    server = cluster.primary_of(running) or next(iter(running), None)
    return read(found, server)


@contextlib.contextmanager
def _recorded(found):
    """A failure is written down before anything else happens."""
    try:
        yield
    except BackupError:
        with contextlib.suppress(BackupError):
            _remember(found, {"job_success": 0})
        raise


def _path(found):
    return os.path.join(found["state_directory"], "state.json")


def _state(found):
    try:
        with open(_path(found), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def _remember(found, told, rate=None):
    state = _state(found)
    state["figures"] = {**state.get("figures", {}), **told}
    if rate:
        state["rate"] = rate
    replace(_path(found), json.dumps(state, indent=1) + "\n")
    return state


def _publish(found, told):
    if found["textfile"]:
        replace(found["textfile"], figures.render(found["stanza"], told))
