# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that restores into a server which people use."""

from __future__ import annotations

import subprocess
import sys
import time

from ..catalogue import choice
from ..errors import BackupError, UsageError
from ..machine.text import clock
from ..restore.restore import Restore
from .context import databases_of, open_store, progress_of


def restore(found, options):
    if options.overwrite_name and not options.database:
        options.database = options.overwrite_name
    databases = databases_of(found, options)
    if len(databases) > 1:
        raise UsageError(f"the environment has several databases, name one with --database: {', '.join(databases)}")
    store = open_store(found, "drill" if found["credentials"]["drill"] else "writer")
    if options.unauthenticated and not options.backup:
        raise UsageError(
            "--unauthenticated needs --backup: the backup that you know to be yours, see plannerate-backup list"
        )
    backup, skipped = choice.choose(
        store,
        found["prefix"],
        databases[0],
        options.backup,
        options.time,
        options.system,
        options.unauthenticated,
        one_system=True,
    )
    wishes = {
        "into": options.into,
        "overwrite": options.overwrite_name,
        "table": options.table,
        "identity": options.identity,
        "jobs": options.jobs,
        "create_roles": options.create_roles,
        "as_superuser": options.as_superuser,
        "leave_out": options.leave_out,
    }
    meant = Restore(found, store, backup, wishes)
    with meant.server() as server:
        plan = [*skipped, *meant.plan(server)]
        if options.check:
            return {"plan": plan, "backup": backup.id, "database": meant.target}, plan
        if meant.aside:
            _safety_backup(options, databases[0])
        began = time.monotonic()
        done = meant.carry_out(server, progress_of(options))
    took = time.monotonic() - began
    lines = [*told(done, took), *skipped]
    return {**done, "seconds": round(took, 3), "plan": plan, "skipped": skipped}, lines


def told(done, seconds):
    """What was done, in lines for a person. Pure."""
    how = "without what was left out" if done["left_out"] else "as dumped"
    lines = [
        f"{done['database']} holds {done['backup']}: {done['rows']} rows in {done['tables']} tables, {how}; {clock(seconds)}"
    ]
    lines += [f"left out: {word}, which only a superuser may load" for word in done["left_out"]]
    if done["aside"]:
        lines.append(f"the database as it was is now {done['aside']}, closed to clients")
    return lines


def _safety_backup(options, database):
    """As the user that makes the others, in a process of its own: this one keeps root's rights for the restore."""
    command = [sys.executable, "-B", "-m", __package__.rpartition(".")[0], "run", options.environment]
    command += [f"--database={database}", "--reason=before a restore"]
    if options.config:
        command.append(f"--config={options.config}")
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise BackupError(f"nothing was restored, since the safety backup failed: {said}")
