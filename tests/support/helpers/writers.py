# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that commit on the servers of a test, and a ledger of every commit that was acknowledged to them."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType

import psycopg2
from support.helpers.servers import Servers
from support.helpers.servers_base import wait_for


@dataclass(frozen=True)
class Commit:
    """A commit that a server acknowledged, and when."""

    member: str
    number: int
    at: float


class Writer(threading.Thread):
    """A client that commits on one member without pause, whatever that member says."""

    def __init__(self, ledger: Ledger, member: str) -> None:
        super().__init__(daemon=True)
        self.ledger, self.member = ledger, member
        self.ended = threading.Event()
        self.connection: psycopg2.extensions.connection | None = None

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                self.commit()
            except psycopg2.Error:
                self.connection = None
                self.ended.wait(0.05)

    def commit(self) -> None:
        """One commit, which is written down once it is acknowledged."""
        if self.connection is None:
            self.connection = self.ledger.servers.connect(self.member, "writer")
        number = next(self.ledger.numbers)
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("INSERT INTO ledger VALUES (0, %s)", (number,))
        # A wait for standbys that was broken off ends in a commit with a warning: nobody confirmed it.
        if not any("synchronous replication" in notice for notice in self.connection.notices):
            self.ledger.acknowledged.append(Commit(self.member, number, time.monotonic()))
        self.connection.notices.clear()

    def end(self) -> None:
        """Ends it wherever it waits. The server is not asked: it may be one that does not answer."""
        self.ended.set()
        if self.connection is not None:
            with contextlib.suppress(OSError, psycopg2.Error):
                socket.socket(fileno=os.dup(self.connection.fileno())).shutdown(socket.SHUT_RDWR)


class Ledger:
    """Writers, for as long as the block of a with statement lasts, and what was acknowledged to them."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.numbers = itertools.count(1)
        self.acknowledged: list[Commit] = []
        self.writers: list[Writer] = []

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, member: str, clients: int = 4) -> None:
        """More clients, of one member. Each goes on until the end, whatever happens to that member."""
        for _client in range(clients):
            writer = Writer(self, member)
            self.writers.append(writer)
            writer.start()

    def await_commits(self, member: str, count: int = 20) -> None:
        """Waits until a member has acknowledged some more commits."""
        since = time.monotonic()
        wait_for(
            lambda: len(self.acknowledged_by(member, since)) >= count, 10, f"{count} acknowledged commits of {member}"
        )

    def commit(self, member: str, count: int) -> None:
        """So many commits, each of which is acknowledged."""
        writer = Writer(self, member)
        for _commit in range(count):
            writer.commit()
        writer.end()

    def end(self) -> None:
        for writer in self.writers:
            writer.end()
        for writer in self.writers:
            writer.join(timeout=10)
        self.writers.clear()

    def acknowledged_by(self, member: str, since: float = 0.0) -> list[int]:
        """Numbers of the commits that a member acknowledged after a moment of time.monotonic()."""
        return [commit.number for commit in list(self.acknowledged) if commit.member == member and commit.at > since]

    def lost(self, primary: str) -> list[Commit]:
        """Acknowledged commits that the primary does not have."""
        there = {number for (number,) in self.servers.sql(primary, "SELECT number FROM ledger")}
        return [commit for commit in self.acknowledged if commit.number not in there]

    def two_at_once(self) -> list[str]:
        """Members that acknowledged a commit after another member had begun to: more than one took writes then."""
        ordered = [commit.member for commit in sorted(self.acknowledged, key=lambda commit: commit.at)]
        turns = [member for member, _commits in itertools.groupby(ordered)]
        return sorted({member for member in turns if turns.count(member) > 1})
