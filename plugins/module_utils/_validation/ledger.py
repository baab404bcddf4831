# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that commit one small row after the other, and what was acknowledged to them, kept outside the database."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._validation import scratch

# Between two commits of a client, and after a failed one.
_PAUSE, _PAUSE_FAILED = 0.01, 0.1
# Until the database answers again, once the clients have ended.
_PATIENCE = 60
_INSERT = f"INSERT INTO {scratch.SCHEMA}.ledger VALUES (%s, %s)"
_THERE = f"SELECT client, number FROM {scratch.SCHEMA}.ledger"


class Summary(TypedDict):
    """``stopped_seconds``: the longest time in which nobody's commit was acknowledged; ``longest_seconds``: of one transaction."""

    commits: int
    failures: int
    errors: list[str]
    stopped_seconds: float
    longest_seconds: float
    lost: int
    was_told_to_stop: bool


class Client(threading.Thread):
    def __init__(self, conninfo: Mapping[str, Any], number: int, ends: threading.Event) -> None:
        super().__init__(daemon=True)
        self.conninfo, self.number, self.ends = conninfo, number, ends
        # Each with when it was begun, and when it was acknowledged.
        self.acknowledged: list[tuple[int, float, float]] = []
        self.errors: list[str] = []
        self.longest = 0.0

    def run(self) -> None:
        connection, value = None, 0
        while not self.ends.is_set():
            value += 1
            began = time.monotonic()
            try:
                if connection is None:
                    connection = scratch.connect(self.conninfo)
                connection.cursor().execute(_INSERT, (self.number, value))
                connection.commit()
            except (scratch.ScratchError, scratch.psycopg2.Error) as error:
                self.errors.append(" ".join(str(error).split()))
                if connection is not None:
                    connection.close()
                connection = None
                self.ends.wait(_PAUSE_FAILED)
                continue
            finally:
                self.longest = max(self.longest, time.monotonic() - began)
            # A wait for standbys that was broken off ends in a commit with a warning: nobody confirmed it.
            if not any("synchronous replication" in notice for notice in connection.notices):
                self.acknowledged.append((value, began, time.monotonic()))
            connection.notices.clear()
            self.ends.wait(_PAUSE)


def longest_gap(began: float, moments: Sequence[float], ended: float) -> float:
    """The longest time without any of the moments, beginning and end included."""
    ordered = [began, *sorted(moments), ended]
    return max(later - earlier for earlier, later in zip(ordered, ordered[1:]))


def run(
    conninfo: Mapping[str, Any],
    clients: int,
    seconds: float,
    is_to_stop: Callable[[], bool],
    begins: Callable[[], None] = lambda: None,
) -> Summary:
    """Commits until it is told to stop, or for so many seconds, within :func:`scratch.made`.

    :arg begins: called when the first commit was acknowledged.
    :raises scratch.ScratchError: when nobody answers afterwards.
    """
    ends = threading.Event()
    writers = [Client(conninfo, number, ends) for number in range(clients)]
    began = time.monotonic()
    for writer in writers:
        writer.start()
    has_begun = False
    while not (was_told := is_to_stop()) and time.monotonic() - began < seconds:
        if not has_begun and any(writer.acknowledged for writer in writers):
            has_begun = True
            begins()
        time.sleep(0.1)
    ended, deadline = _first_commit_after(writers)
    ends.set()
    for writer in writers:
        writer.join(max(deadline - time.monotonic(), 0))
    hung = [f"client {writer.number} got no answer in {_PATIENCE} s" for writer in writers if writer.is_alive()]
    acknowledged = {
        (writer.number, number): at for writer in writers for number, _began, at in list(writer.acknowledged)
    }
    errors = [error for writer in writers for error in list(writer.errors)] + hung
    there = _there(conninfo)
    return {
        "commits": len(acknowledged),
        # Of the name failed Ansible would make a task that failed.
        "failures": len(errors),
        "errors": sorted(set(errors))[:5],
        "stopped_seconds": round(longest_gap(began, [at for at in acknowledged.values() if at <= ended], ended), 3),
        "longest_seconds": round(max((writer.longest for writer in writers), default=0.0), 3),
        "lost": len(acknowledged.keys() - there),
        "was_told_to_stop": was_told,
    }


def _first_commit_after(writers: Sequence[Client]) -> tuple[float, float]:
    """When a commit that is begun from now on is acknowledged, or that nobody waits for longer; and when nobody waits for clients longer.

    Commits can hang still while clients are told to end: the pause is over when writes go on.
    """
    told = time.monotonic()
    deadline = told + _PATIENCE
    while time.monotonic() < deadline:
        moments = [at for writer in writers for _number, began, at in writer.acknowledged[-50:] if began >= told]
        if moments:
            return min(moments), deadline
        time.sleep(0.02)
    return deadline, deadline


def _there(conninfo: Mapping[str, Any]) -> set[tuple[int, int]]:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with contextlib.closing(scratch.connect(conninfo)) as connection, connection.cursor() as cursor:
                cursor.execute(_THERE)
                return {(int(client), int(number)) for client, number in cursor.fetchall()}
        except (scratch.ScratchError, scratch.psycopg2.Error) as error:
            if time.monotonic() > deadline:
                raise scratch.ScratchError(
                    f"what was acknowledged cannot be looked for: {' '.join(str(error).split())}"
                ) from error
            time.sleep(1)
