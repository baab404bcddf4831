# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of a restored copy: it has its own directory, socket and queue, and is nobody's member."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import shutil
import subprocess
import time

from ..errors import BackupError

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

# To remove a copy, half a second apart.
_TRIES = 20


def start(found, directory, data, more=None):
    """:arg more: settings beside the usual ones.

    :raises BackupError: where it does not come up, with what it said.
    """
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
    options = {
        **_ALONE,
        **(more or {}),
        "config_file": config,
        "unix_socket_directories": directory,
        "hba_file": hba,
        "port": "5432",
    }
    told = " ".join(f"-c {name}='{value}'" for name, value in options.items())
    log = log_of(directory)
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


def clear(found, directory):
    """Ends it, and removes all of it."""
    stop(found, directory)
    for tries_left in reversed(range(_TRIES)):
        _wait_for_fetching(directory)
        try:
            shutil.rmtree(directory)
            return
        except OSError:
            # One that had just been started has its lock only now, and writes and removes files here meanwhile.
            if not os.path.exists(directory):
                return
            if not tries_left:
                raise
            time.sleep(0.5)


def _wait_for_fetching(directory):
    """What fetches WAL ahead goes on for a while, holds its lock as long, and removes that in the end."""
    for path in glob.glob(os.path.join(glob.escape(directory), "lock", "*.lock")):
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)


def log_of(directory):
    return os.path.join(directory, "log")


def stop(found, directory, mode="immediate"):
    """:raises BackupError: where it was to end in order, and did not."""
    data = os.path.join(directory, "data")
    done = None
    if _runs(data):
        done = subprocess.run(
            [
                f"{found['binaries']}/pg_ctl",
                "stop",
                "--silent",
                f"--pgdata={data}",
                f"--mode={mode}",
                "--wait",
                # In order, it writes all that it has changed.
                f"--timeout={86400 if mode == 'fast' else 60}",
            ],
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    else:
        # pg_ctl would believe it, and signal whoever has that number now.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(data, "postmaster.pid"))
    if mode == "fast" and (done is None or done.returncode):
        raise BackupError(
            f"the restored server {'could not be stopped' if done else 'ended by itself'}: {_tail(log_of(directory))}"
        )


def _runs(data):
    """Whether the server that the file tells of is one of this directory: after a restart of the machine its number is another's."""
    try:
        with open(os.path.join(data, "postmaster.pid"), encoding="utf-8") as file:
            number = int(file.readline())
        return os.readlink(f"/proc/{number}/cwd") == os.path.realpath(data)
    except (OSError, ValueError):
        return False


def _tail(log):
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            told = [line.strip() for line in file if re.search(r"FATAL|ERROR|PANIC|HINT", line)]
    except OSError:
        told = []
    return " ".join(told[-5:]) or "it said nothing"
