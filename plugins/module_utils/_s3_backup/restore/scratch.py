# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of its own for one drill: no network, no durability, nothing left afterwards."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager

from ..errors import BackupError
from ..machine.pipeline import run
from ..machine.session import program

# Nobody needs this data after a crash, and nothing replicates it.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "autovacuum": "off",
    "max_wal_size": "512MB",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "256MB",
    "logging_collector": "off",
}
# An empty cluster, with twice its WAL.
OWN_BYTES = 1 << 30
_LEFT = "drill-"
_FULL = os.strerror(errno.ENOSPC)


@contextmanager
def server(binaries, work_directory):
    """Starts one and gives the connection string of its administrator."""
    try:
        directory = tempfile.mkdtemp(prefix=_LEFT, dir=work_directory)
    except OSError as error:
        raise BackupError(f"cannot write {work_directory}: {error.strerror}") from error
    data, log = os.path.join(directory, "data"), os.path.join(directory, "log")
    try:
        _make(binaries, directory, data, log)
        yield f"host={directory} port=5432 user=postgres"
    except BackupError as error:
        # To its clients a server that ran out of space only looks gone.
        if _FULL in str(error) or _says(log, _FULL):
            raise BackupError(f"{work_directory} is full; it needs room for the whole database") from error
        raise
    finally:
        _stop(binaries, data)
        shutil.rmtree(directory, ignore_errors=True)


def _make(binaries, directory, data, log):
    run(
        program(
            binaries,
            "initdb",
            f"--pgdata={data}",
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
    )
    settings = {**_SETTINGS, "unix_socket_directories": directory, "port": 5432}
    with open(os.path.join(data, "postgresql.conf"), "a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    try:
        run(program(binaries, "pg_ctl", "--wait", f"--pgdata={data}", f"--log={log}", "start"))
    except BackupError as error:
        raise BackupError(f"the scratch server does not start: {_last_line(log) or error}") from error


def _stop(binaries, data):
    if os.path.exists(os.path.join(data, "postmaster.pid")):
        try:
            run(program(binaries, "pg_ctl", "--wait", f"--pgdata={data}", "--mode=immediate", "stop"))
        except BackupError:
            # It is gone already; its directory goes next.
            return


def clear(binaries, work_directory):
    """Removes what a killed drill left in the directory: a drill holds its lock."""
    for name in os.listdir(work_directory) if os.path.isdir(work_directory) else []:
        if name.startswith((_LEFT, "restore-")):
            directory = os.path.join(work_directory, name)
            _stop(binaries, os.path.join(directory, "data"))
            shutil.rmtree(directory, ignore_errors=True)


def _says(path, words):
    return words in _content(path)


def _last_line(path):
    return _content(path).strip().rsplit("\n", 1)[-1]


def _content(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
