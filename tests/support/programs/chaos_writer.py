"""Clients that try to commit on one member, whatever becomes of it, and write down every commit that was acknowledged to them.

    chaos_writer.py MEMBER PORT FILE STOP [--clients N] [--pause SECONDS] [--dirty ROWS]

Runs on the member's own machine as the user postgres and uses the socket, so that a cut network does not reach it. A line of FILE is
the id of a commit and the times at which it was begun and acknowledged; it is written before the next commit begins, so a machine's
restart loses none. It ends when the file STOP exists. A second one for the same FILE ends at once.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import random
import select
import sys
import threading
import time

import psycopg2
from psycopg2 import extensions

SOCKETS = "/var/run/postgresql"
# Seconds until a commit that waits is broken off, and until its answer is no longer waited for.
PATIENCE = 2.0
LAST_PATIENCE = 1.0
ROWS = 200_000


class TooLate(Exception):
    """The server did not answer in time."""


class Client(threading.Thread):
    def __init__(self, options, number, ledger):
        super().__init__(daemon=True)
        self.options, self.number, self.ledger = options, number, ledger
        self.connection: extensions.connection | None = None
        self.count = 0

    def run(self):
        while True:
            begun = time.monotonic()
            try:
                self.attempt()
            except psycopg2.errors.ReadOnlySqlTransaction:
                pass  # A standby. It may be promoted while the connection lasts.
            except (psycopg2.Error, TooLate, OSError):
                self.drop()
            time.sleep(max(0.005, self.options.pause - (time.monotonic() - begun)))

    def attempt(self):
        """One commit, which is written down if it was acknowledged."""
        if self.connection is None:
            self.connection = psycopg2.connect(
                host=SOCKETS, port=self.options.port, dbname="postgres", application_name="chaos", async_=True
            )
            wait(self.connection, PATIENCE)
        connection = self.connection
        self.count += 1
        # No two writers have the same one, also after a restart of the machine.
        name = f"{self.options.member}-{time.time_ns():x}-{self.number}-{self.count}"
        del connection.notices[:]
        begun = time.time()
        # It has to be there as long as its statement runs.
        cursor = connection.cursor()
        cursor.execute(self.statement(), (name,))
        try:
            wait(connection, PATIENCE)
        except TooLate:
            cancel(connection)
            wait(connection, LAST_PATIENCE)
        # A wait for standbys that was broken off ends in a commit with a warning: nobody confirmed it.
        if not any("synchronous replication" in notice for notice in connection.notices):
            os.write(self.ledger, f"{name} {begun:.6f} {time.time():.6f}\n".encode())

    def statement(self):
        insert = "INSERT INTO chaos VALUES (%s)"
        if not self.options.dirty:
            return insert
        rows = ", ".join(str(random.randrange(ROWS)) for _row in range(self.options.dirty))
        return f"WITH dirty AS (UPDATE chaos_pages SET changed = changed + 1 WHERE number IN ({rows})) {insert}"

    def drop(self):
        if self.connection is not None:
            _quietly(self.connection.close)
            self.connection = None


def wait(connection, seconds):
    """Until the server has answered.

    :raises TooLate: if it did not in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TooLate
        files = [connection.fileno()]
        if state == extensions.POLL_READ:
            select.select(files, [], [], left)
        else:
            select.select([], files, [], left)


def cancel(connection):
    """In a thread of its own: a server that hangs does not even take the request."""
    canceler = threading.Thread(target=_quietly, args=(connection.cancel,), daemon=True)
    canceler.start()
    canceler.join(LAST_PATIENCE)


def _quietly(function):
    with contextlib.suppress(psycopg2.Error):
        function()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("member")
    parser.add_argument("port", type=int)
    parser.add_argument("file")
    parser.add_argument("stop")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.1)
    parser.add_argument("--dirty", type=int, default=0)
    options = parser.parse_args()
    ledger = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        fcntl.flock(ledger, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    for number in range(options.clients):
        Client(options, number, ledger).start()
    while not os.path.exists(options.stop):
        time.sleep(0.1)
    return 0


sys.exit(main())
