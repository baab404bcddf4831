# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the jobs remember on their machine, and what monitoring is told of it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os

from ..errors import BackupError, Busy
from ..machine.state import replace
from . import figures

# Each job writes its own, whatever the others do at that time.
BACKUPS, DRILL = "state", "drill"


def path_of(found, name=BACKUPS):
    return os.path.join(found["state_directory"], f"{name}.json")


def read(found, name=BACKUPS):
    try:
        with open(path_of(found, name), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def figures_of(found, name=BACKUPS):
    return read(found, name).get("figures", {})


def remember(found, told, rate=None, name=BACKUPS, schedules=None):
    """:arg schedules: by which what is expected was reckoned, if it is told."""
    state = read(found, name)
    state["figures"] = {**state.get("figures", {}), **told}
    if rate:
        state["rate"] = rate
    if schedules:
        state["schedules"] = schedules
    replace(path_of(found, name), json.dumps(state, indent=1) + "\n")
    return state


def forget(found, name):
    """What another machine does now is not late here, also when this one does it again."""
    state = read(found, name)
    if state.pop("figures", None):
        replace(path_of(found, name), json.dumps(state, indent=1) + "\n")


def publish(found, told, drilled=None):
    """:arg told: figures of the backups and of archiving. :arg drilled: those of the drill."""
    if found["textfile"]:
        text = figures.render(found["stanza"], told)
        replace(found["textfile"], text + figures.render(found["stanza"], drilled or {}, figures.DRILL))


@contextlib.contextmanager
def recorded(found, name=BACKUPS):
    """A failure is written down before anything else happens."""
    try:
        yield
    except (BackupError, OSError) as error:
        with contextlib.suppress(BackupError):
            remember(found, {"job_success": 0}, name=name)
        if isinstance(error, OSError):
            # Of what is written, it does not say where.
            path = error.filename or found.get("restore_directory") or found["state_directory"]
            raise BackupError(f"{path}: {error.strerror}") from error
        raise


@contextlib.contextmanager
def alone(found, name):
    """:raises Busy: where another process does the same."""
    with open(os.path.join(found["state_directory"], f"{name}.lock"), "a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"another {name} is at work; wait for it to end") from error
        yield
