# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drill: a random second is restored beside the running members, proven to be that one, checked, timed, and removed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time

from ..errors import Busy, Damaged
from ..machine import session
from ..restore import soundness
from . import catalogue, cluster, copy_server, due, exactness, record, restore, target, window
from .configuration import program_of
from .jobs import drills_here
from .moments import moment, shown

ELSEWHERE = "drills are another machine's: nothing to do here"
# No name that a person can give to a copy.
_DIRECTORY = ".drill"
# Whatever ALTER SYSTEM gave the original, it is one of several servers here, and has one client.
_SETTINGS = {**exactness.SETTINGS, "shared_buffers": "128MB", "huge_pages": "off"}
# Whatever owners gave their databases: what checks them may be missing there, and takes its time.
_SESSION = {"default_transaction_read_only": "off", "statement_timeout": "0", "lock_timeout": "0"}
_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname"


def drill(found, wanted=None):
    """Restores a second of the window and writes down how it went.

    :arg wanted: a moment instead of a random one, to repeat a drill.
    :raises Damaged: where it is not what was written; BackupError where that cannot be known.
    """
    running = cluster.servers(found)
    primary = cluster.primary_of(running)
    if not wanted and not drills_here(found, primary is not None):
        _clear_left(found)
        return {"changed": False, "target": None}, [ELSEWHERE]
    with record.alone(found, record.DRILL), record.recorded(found, record.DRILL):
        seen = catalogue.read(found, primary or next(iter(running), None))
        aimed = moment(wanted) if wanted else exactness.aim(window.windows(seen.reaches))
        made = target.planned(seen.reaches, "time", shown(aimed))
        directory = _directory(found)
        _clear(found, directory)
        restore.require_room(found, made)
        told = _verified(found, {one.label for one in seen.backups})
        result, stop, databases, checksums = _tried(found, made, aimed, directory)
        seconds = round(result["copy_seconds"] + result["replay_seconds"], 1)
        told = {
            **told,
            **due.due(found, due.DRILL),
            "timestamp_seconds": time.time(),
            "restore_seconds": seconds,
            "target_timestamp_seconds": aimed.timestamp(),
        }
        by = due.by(found, due.DRILL)
        record.remember(found, {**told, "job_success": 1}, name=record.DRILL, schedules=by)
    plain = {"changed": True, "target": shown(aimed), "backup": result["backup"], "restore_seconds": seconds}
    return {**plain, "databases": databases, "checksums": checksums}, [
        f"{shown(aimed)} was restored from backup {result['backup']} in {seconds} s (budget {found['drill']['budget_seconds']} s)",
        exactness.described(stop),
        f"sound: {', '.join(databases)}{'; checksums of all pages' if checksums else '; the cluster has no checksums of pages'}",
        "the repository was read and compared with its checksums" if "verified_timestamp_seconds" in told else "",
    ]


def _directory(found):
    return os.path.join(found["restore_directory"], _DIRECTORY)


def _clear(found, directory):
    """Removes what one that was killed left."""
    if os.path.exists(directory):
        copy_server.clear(found, directory)


def _clear_left(found):
    """As :func:`_clear`, where drills were this machine's before: nobody else would. One that is at work is repeated by somebody."""
    directory = _directory(found)
    if os.path.exists(directory):
        with contextlib.suppress(Busy), record.alone(found, record.DRILL):
            _clear(found, directory)


def _verified(found, labels):
    """What is told of the whole repository, before anything of it is used.

    :arg labels: of the backups that were there before.
    """
    if not found["drill"]["verify"]:
        return {}
    program = program_of(found, found["members"][0])
    try:
        program.verify()
    except Damaged:
        # What somebody deletes while it is read is missing.
        if labels <= {one.label for one in program.repository().backups}:
            raise
        program.verify()
    return {"verified_timestamp_seconds": time.time()}


def _tried(found, made, aimed, directory):
    result = restore.into(found, made, directory, _SETTINGS)
    try:
        with open(copy_server.log_of(directory), encoding="utf-8", errors="replace") as file:
            stop = exactness.stopped(file.read())
        exactness.require_exact(stop, made, aimed)
        databases, has_checksums = _sound(found, directory)
        if has_checksums:
            copy_server.stop(found, directory, "fast")
            _require_checksums(found, os.path.join(directory, "data"))
    finally:
        copy_server.clear(found, directory)
    return result, stop, databases, has_checksums


def _sound(found, directory):
    """(names of the databases that were checked, whether pages have checksums)."""
    conninfo = f"host={directory} port=5432 user=postgres"
    with contextlib.closing(session.connect(f"{conninfo} dbname=postgres")) as connection:
        databases = [name for (name,) in session.execute(connection, _DATABASES)]
        ((checksums,),) = session.execute(connection, "SHOW data_checksums")
    for name in databases:
        quoted = name.replace("\\", "\\\\").replace("'", "\\'")
        checked = session.with_settings(f"{conninfo} dbname='{quoted}'", _SESSION)
        soundness.check(found["binaries"], checked, name)
    return databases, checksums == "on"


def _require_checksums(found, data):
    argv = [f"{found['binaries']}/pg_checksums", "--check", f"--pgdata={data}"]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", errors="replace", check=False, cwd="/")
    if done.returncode:
        words = " ".join((done.stderr + done.stdout).split())[-600:]
        raise Damaged(f"the restored files are not sound: {words}")
