# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is restored into a place of its own, beside the running ones, and its end."""

from __future__ import annotations

import fcntl
import glob
import os
import re
import shutil
import subprocess
import time

from ..errors import BackupError, Refused, UsageError
from ..machine import room
from .configuration import program_of
from .target import Plan

# WAL that is fetched ahead and written by the server itself.
_WAL_BYTES = 1 << 30
# It is a copy: nobody is told anything, fetched from or served elsewhere, and no job of the original runs in it.
_ALONE = {
    "listen_addresses": "",
    "archive_mode": "off",
    "archive_command": "",
    "primary_conninfo": "",
    "synchronous_standby_names": "",
    "shared_preload_libraries": "",
    "max_logical_replication_workers": "0",
    "ssl": "off",
    # What has to be as high as on the original only has to be where it is read while WAL is replayed.
    "hot_standby": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
}


def restore(found, made: Plan, name):
    """Restores into a directory of its own and starts a server there. Gives what it is and how long it took.

    :raises BackupError: where it failed; nothing is left then.
    """
    directory = directory_of(found, name)
    began = time.monotonic()
    room.require(
        found["restore_directory"],
        made.reach.backup.size + _WAL_BYTES,
        found["free_percent"],
        f"backup {made.reach.backup.label}",
    )
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
            "--target-timeline=latest",
            "--archive-mode=off",
            # Otherwise they go where those of the running server are.
            f"--tablespace-map-all={directory}/tablespaces",
            f"--recovery-option=restore_command={_restore_command(found, member, directory, data)}",
        )
        restored = time.monotonic()
        _start(found, directory, data)
    except BaseException:
        _clear(found, directory)
        raise
    ended = time.monotonic()
    return {
        "directory": directory,
        "backup": made.reach.backup.label,
        "target": made.target,
        "copy_seconds": round(restored - began, 1),
        "replay_seconds": round(ended - restored, 1),
    }


def remove(found, name):
    """Ends a scratch server and removes it."""
    directory = directory_of(found, name, new=False)
    _clear(found, directory)


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


def _start(found, directory, data):
    hba = os.path.join(directory, "pg_hba.conf")
    ident = os.path.join(directory, "pg_ident.conf")
    config = os.path.join(directory, "postgresql.conf")
    for path, content in (
        (hba, "local all postgres peer\n"),
        (ident, ""),
        (config, f"data_directory = '{data}'\nhba_file = '{hba}'\nident_file = '{ident}'\n"),
    ):
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    # On the command line, since what ALTER SYSTEM set on the original came along and outranks every file.
    options = {**_ALONE, "config_file": config, "unix_socket_directories": directory, "hba_file": hba, "port": "5432"}
    told = " ".join(f"-c {name}='{value}'" for name, value in options.items())
    log = os.path.join(directory, "log")
    started = subprocess.run(
        [
            f"{found['binaries']}/pg_ctl",
            "start",
            "--silent",
            f"--pgdata={data}",
            "--wait",
            "--timeout=86400",
            f"--log={log}",
            f"--options={told}",
        ],
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # It says so as soon as it has begun to replay.
    while started.returncode == 0 and _status(data) not in (None, "ready"):
        time.sleep(0.2)
    if started.returncode or _status(data) is None:
        raise BackupError(f"the restored server did not come up: {_tail(log)}")


def _status(data):
    """What a server says of itself in its file; None once it has ended."""
    try:
        with open(os.path.join(data, "postmaster.pid"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        os.kill(int(lines[0]), 0)
    except (OSError, ValueError, IndexError):
        return None
    return lines[7].strip() if len(lines) > 7 else "starting"


def _clear(found, directory):
    _stop(found, directory)
    # What fetches WAL ahead goes on for a while, and holds its lock as long.
    for path in glob.glob(os.path.join(glob.escape(directory), "lock", "*.lock")):
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
    shutil.rmtree(directory)


def _stop(found, directory):
    data = os.path.join(directory, "data")
    if os.path.exists(os.path.join(data, "postmaster.pid")):
        subprocess.run(
            [f"{found['binaries']}/pg_ctl", "stop", "--silent", f"--pgdata={data}", "--mode=immediate", "--wait"],
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _tail(log):
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            told = [line.strip() for line in file if re.search(r"FATAL|ERROR|PANIC|HINT", line)]
    except OSError:
        told = []
    return " ".join(told[-5:]) or "it said nothing"
