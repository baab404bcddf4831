# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The half of a drill that loads: it has neither network, key nor credential, and is told all it knows over the socket.

``python3 -m s3_backup.restore.sandbox DIRECTORY`` with a socket as descriptor 3, as systemd gives it. It serves one drill.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from ..errors import BackupError, Stopped
from ..machine import room
from ..machine.pipeline import CHUNK, Pipeline, run, to_the_end
from ..machine.session import program
from . import protocol, scratch, soundness
from .properties import finishing
from .target import Server

_SOCKET = 3
# Of a drill that is there already.
_PATIENCE = 60
_LONGEST_REQUEST = 256 << 20


def main(arguments):
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _stop)
    with socket.socket(fileno=_SOCKET) as given, contextlib.suppress(Stopped, socket.timeout):
        given.settimeout(_PATIENCE)
        connection, _peer = given.accept()
        # pg_restore reads it too, which knows no timeouts.
        connection.setblocking(True)
        with connection:
            serve(connection, arguments[0])


def serve(connection, place):
    """Does what one drill asks for, in a directory, and answers when nothing is left in that."""
    working = threading.Event()
    working.set()
    threading.Thread(target=_watch, args=(connection, working), daemon=True).start()
    try:
        answer = _restore(connection, protocol.receive(connection, _LONGEST_REQUEST), place)
    except (BackupError, OSError) as error:
        kind = next((kind for kind, meant in protocol.KINDS.items() if isinstance(error, meant)), "failed")
        answer = {"failed": kind, "message": str(error)[: protocol.LONGEST_MESSAGE]}
    working.clear()
    with contextlib.suppress(protocol.HungUp):
        protocol.send(connection, answer)


def _watch(connection, working):
    """Ends the work when the drill is gone."""
    poll = select.poll()
    # Whether the other side hung up is told always.
    poll.register(connection, 0)
    poll.poll()
    if working.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def _stop(number, _frame):
    # Once is enough: tidying up must not be interrupted.
    signal.signal(number, signal.SIG_IGN)
    raise Stopped("the drill is gone, or the time is over")


def _restore(connection, request, place):
    """:arg request: as drill.py makes it; :returns: dict with C(seconds) and C(counts)."""
    binaries, database, margin = request["binaries"], request["database"], request["free_percent"]
    scratch.clear(binaries, place)
    unpacked = sum(size for _name, size in request["files"])
    needed = request["database_bytes"] + scratch.OWN_BYTES + (0 if request["is_stream"] else unpacked)
    room.require(place, needed, margin, f"a copy of {database}")
    if room.missing(place, needed + unpacked, margin):
        request["jobs"] = 1
    protocol.send(connection, protocol.BEGIN)
    with scratch.server(binaries, place) as conninfo, Server(conninfo) as server:
        began = time.monotonic()
        server.run(request["roles"])
        server.create_placeholders(request["role_names"])
        server.create(database, request["properties"])
        _load(connection, request, server.conninfo_of(database), place)
        took = time.monotonic() - began
        counts = server.count(database)
        soundness.check(binaries, server.conninfo_of(database), database)
        # Last, since the database's own settings would count for the checks too.
        server.run(";\n".join(finishing(database, request["properties"])))
    return {"seconds": round(took, 3), "counts": counts}


def _load(connection, request, conninfo, place):
    # The server has no tablespace but its own.
    options = ["--exit-on-error", "--no-password", "--no-tablespaces", f"--dbname={conninfo}"]
    command = program(request["binaries"], "pg_restore", *options)
    if request["is_stream"] and request["jobs"] == 1:
        source = connection.makefile("rb", buffering=0)
        with Pipeline([to_the_end(command)], source=source, stdout=subprocess.DEVNULL) as pipeline:
            pipeline.finish()
        return
    with tempfile.TemporaryDirectory(prefix="restore-", dir=place) as directory:
        for name, size in request["files"]:
            _stage(connection, os.path.join(directory, os.path.basename(name)), size)
        dump = os.path.join(directory, request["files"][0][0]) if request["is_stream"] else directory
        run(command._replace(argv=[*command.argv, f"--jobs={request['jobs']}", dump]))


def _stage(connection, path, size):
    with open(path, "wb") as file:
        while size:
            chunk = connection.recv(min(size, CHUNK))
            if not chunk:
                raise BackupError("the dump ended too early")
            size -= file.write(chunk)


if __name__ == "__main__":
    main(sys.argv[1:])
