# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is restored into a place of its own, beside the running ones, and its end."""

from __future__ import annotations

import os
import re
import time

from ..errors import Refused, UsageError
from ..machine import room
from . import copy_server
from .configuration import program_of
from .target import Plan

# WAL that is fetched ahead and written by the server itself.
_WAL_BYTES = 1 << 30


def restore(found, made: Plan, name):
    """Restores into a directory of its own and starts a server there. Gives what it is and how long it took.

    :raises BackupError: where it failed; nothing is left then.
    """
    return into(found, made, directory_of(found, name))


def into(found, made: Plan, directory, more=None):
    """As :func:`restore`, with the path of a directory that is not there yet.

    :arg more: settings of its server.
    """
    began = time.monotonic()
    require_room(found, made)
    os.mkdir(directory, 0o700)
    try:
        data = os.path.join(directory, "data")
        os.mkdir(data, 0o700)
        member = found["members"][0]
        program_of(found, member).run(
            "restore",
            f"--pg1-path={data}",
            f"--set={made.reach.backup.label}",
            *made.options,
            *(["--target-action=promote"] if made.options != ["--type=default"] else []),
            # At the end of the backup there is no later timeline to follow, and it is refused.
            *(["--target-timeline=latest"] if made.options != ["--type=immediate"] else []),
            "--archive-mode=off",
            # Otherwise they go where those of the running server are.
            f"--tablespace-map-all={directory}/tablespaces",
            f"--recovery-option=restore_command={_restore_command(found, member, directory, data)}",
        )
        restored = time.monotonic()
        copy_server.start(found, directory, data, more)
    except BaseException:
        copy_server.clear(found, directory)
        raise
    ended = time.monotonic()
    return {
        "directory": directory,
        "backup": made.reach.backup.label,
        "target": made.target,
        "copy_seconds": round(restored - began, 1),
        "replay_seconds": round(ended - restored, 1),
    }


def require_room(found, made: Plan):
    """:raises Refused: where the copy would not fit."""
    room.require(
        found["restore_directory"],
        made.reach.backup.size + _WAL_BYTES,
        found["free_percent"],
        f"backup {made.reach.backup.label}",
    )


def remove(found, name):
    """Ends a scratch server and removes it."""
    directory = directory_of(found, name, new=False)
    copy_server.clear(found, directory)


def directory_of(found, name, new=True):
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}", name):
        raise UsageError(f"{name!r} is no name of a restored copy, expected up to 41 letters, digits, _ and -")
    directory = os.path.join(found["restore_directory"], name)
    if new and os.path.lexists(directory):
        raise Refused(
            f"{directory} is there already, nothing was changed: name another one, or remove it with plannerate-physical remove"
        )
    if not new and not os.path.isdir(os.path.join(directory, "data")):
        raise Refused(f"{directory} is no restored copy, nothing was changed")
    return directory


def how_to_use(result) -> list[str]:
    """What is said at the end. Pure."""
    place = result["directory"]
    name = os.path.basename(place)
    return [
        f"{place} has the cluster as of {result['target']}, from backup {result['backup']}: copied in {result['copy_seconds']} s, "
        f"replayed in {result['replay_seconds']} s",
        f"look:   sudo -u postgres psql -h {place} DATABASE",
        f"copy:   sudo -u postgres pg_dump -h {place} --no-owner -t SCHEMA.TABLE DATABASE | psql -h SOCKETS -p PORT -U OWNER DATABASE",
        f"remove: sudo plannerate-physical remove {name}",
    ]


def _restore_command(found, member, directory, data):
    """Fetches ahead, in a queue and under locks of its own: the member goes on archiving."""
    own = f"--spool-path={directory}/queue --lock-path={directory}/lock --log-level-file=off"
    return (
        f'pgbackrest --config={member["config"]} --stanza={found["stanza"]} --pg1-path={data} {own} archive-get %f "%p"'
    )
