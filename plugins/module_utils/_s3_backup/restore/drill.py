# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup is good once it was restored: into a scratch server, its rows counted, its structures checked, its time taken.

This half decrypts and judges. What loads, sandbox.py, runs elsewhere: a dump runs code while it is loaded.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from ..catalogue.verify import condemn, manifest_of, pronounce
from ..errors import BackupError, Damaged, Gone, UsageError
from ..machine.encryption import decrypting
from ..s3.store import StoreError
from . import protocol
from .loading import Loader
from .properties import role_names
from .size import database_bytes
from .target import compare

# Of an answer: for words, and for each table's name and rows.
_WORDS, _TABLE = 64 << 10, 2 << 10


def drill(configuration, store, backup, progress_of):
    """Restores a Backup and writes ``verified.json`` beside it.

    :returns: dict with C(backup), C(restore_seconds), C(tables) and C(rows).
    :raises Damaged: when it cannot be restored to what was dumped; that is written beside it too.
    """
    document, digest = manifest_of(store, backup)
    try:
        found = _restore(configuration, store, backup, document, progress_of)
    except Damaged as damage:
        raise Damaged("; ".join([str(damage), *condemn(store, backup, digest, "drill", [str(damage)])])) from damage
    pronounce(store, backup, digest, "good", "drill", **found)
    return {"database": backup.database, "backup": backup.id, **found}


def _restore(configuration, store, backup, document, progress_of):
    settings = configuration["drill"]
    decrypt = decrypting(document["encryption"]["method"], settings["identity_file"])
    progress = progress_of(f"drill of {backup.id}", sum(entry["size"] for entry in document["objects"]))
    loader = Loader(store, backup.directory, document, decrypt, progress, {})
    try:
        request = {
            "binaries": configuration["source"]["binaries"],
            "database": backup.database,
            "database_bytes": database_bytes(document),
            "files": loader.files(),
            "free_percent": settings["free_percent"],
            "is_stream": document["mode"] == "stream",
            "jobs": settings["jobs"],
            "properties": document["database_properties"],
            "role_names": role_names(document),
            "roles": loader.roles(),
        }
        answer = _ask(settings, loader, request, _WORDS + _TABLE * len(document["tables"]))
    finally:
        progress.finish()
    seconds, counts = _read(answer)
    rows = compare(document, counts)
    return {"restore_seconds": seconds, "tables": len(rows), "rows": sum(rows.values())}


def _ask(settings, loader, request, limit):
    """What the loading half answers."""
    with _connected(settings["socket"]) as connection, _hung_up_after(settings["time_limit"], connection) as is_over:
        broken: BackupError | None = None

        def answer():
            try:
                return protocol.receive(connection, limit)
            except protocol.HungUp as error:
                if is_over():
                    raise BackupError(
                        f"not restored within {settings['time_limit']} s (drill.time_limit), so it was given up"
                    ) from error
                raise BackupError(
                    f"what loads the dump behind {settings['socket']} ended without an answer; see the journal of its unit"
                    + (f" ({broken})" if broken else "")
                ) from error
            except BackupError as error:
                raise _nonsense(error) from error

        # Nothing is read of the store for one that is refused; who hung up is met by what is received.
        with contextlib.suppress(protocol.HungUp):
            protocol.send(connection, request)
        first = answer()
        if first != protocol.BEGIN:
            # Not counts: nothing was given to it that they could be of.
            return first if isinstance(first, dict) and "failed" in first else {}
        try:
            loader.feed(connection)
            connection.shutdown(socket.SHUT_WR)
        except (Damaged, Gone, StoreError):
            raise
        except (BackupError, OSError) as error:
            # It reads no more: what it says tells why.
            broken = error if isinstance(error, BackupError) else BackupError(str(error))
        return answer()


def _connected(path):
    if not path:
        raise UsageError("drill.socket is missing in the configuration; converge the environment with its inventory")
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise BackupError(
            f"cannot connect to {path}, behind which the dump is loaded: {error.strerror}; converge the environment"
        ) from error
    return connection


@contextlib.contextmanager
def _hung_up_after(seconds, connection):
    """Gives a function that says whether the time is over: both the feeding and the waiting end then."""
    over = threading.Event()

    def hang_up():
        over.set()
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield over.is_set
    finally:
        timer.cancel()


def _read(answer):
    """(seconds, counts) of an answer; who gave it ran what the dump wanted, so nothing in it is taken for granted.

    :raises BackupError: what it says went wrong, or that it is none.
    """
    if isinstance(answer, dict) and "failed" in answer:
        kind, message = answer["failed"], answer.get("message")
        if kind not in tuple(protocol.KINDS) or not isinstance(message, str):
            raise _nonsense("a failure without a word")
        words = message[: protocol.LONGEST_MESSAGE]
        raise protocol.KINDS[kind]("".join(letter if letter.isprintable() else " " for letter in words))
    try:
        counts, large = answer["counts"], answer["counts"]["large_objects"]
        numbers = [answer["seconds"], large["number"], large["bytes"], *counts["tables"].values()]
    except (AttributeError, KeyError, TypeError) as error:
        raise _nonsense("no counts") from error
    if not all(type(number) in (int, float) and 0 <= number < 1 << 63 for number in numbers):
        raise _nonsense("counts that are no numbers")
    return answer["seconds"], counts


def _nonsense(what):
    return BackupError(f"what loads the dump answered {what}, expected counts or a failure; the drill proves nothing")
