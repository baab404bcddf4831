# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine remembers of an environment's releases: which one serves, which is kept, and what is under way.

Written before anything is done, in one file that is replaced as a whole, so that whoever comes after a run that was killed knows what it
may have begun.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterator
from typing import Any, Protocol, TypedDict

DIRECTORY = "/var/lib/plannerate/releases"
# Room that is kept for what has to be written where the disk is full.
RESERVE = 256 * 1024
# The steps of an operation. From FINISHING on, the new colour is the one; before, the old one is.
MAKING, SWITCHING, HANDING, WATCHING, GOING_BACK, FINISHING = (
    "making",
    "switching",
    "handing over",
    "watching",
    "going back",
    "finishing",
)

QUEUE, SCHEDULER, REVERB = "queue", "scheduler", "reverb"


class Colour(TypedDict):
    """The containers of a release.

    ``name``: ``r7``; empty for those of before the first deployment. ``release``: the tag or digest that was asked for. ``image``: by its
    digest. ``containers``: service to name; those of the application are ``app``, ``app-2`` and so on. ``file``: the Compose file that
    makes them. ``known``: the migrations that the image has; None where nobody asked.
    """

    name: str
    release: str
    image: str
    project: str
    file: str
    containers: dict[str, str]
    known: list[str] | None


class Operation(TypedDict):
    """``discard``: whether the new colour goes when the old one stays. ``baseline``: what the watch window compares with."""

    kind: str
    who: str
    began: float
    step: str
    old: Colour
    new: Colour
    discard: bool
    switched: float
    migrations: list[str]


class State(TypedDict):
    """``number``: the highest that a colour ever had. ``current``: None before the first deployment. ``schema``: the migrations that the
    database has. ``gone``: colours whose containers are removed next.
    """

    number: int
    current: Colour | None
    kept: Colour | None
    schema: list[str]
    gone: list[Colour]
    operation: Operation | None


class Store(Protocol):
    """Where it is kept. What raises OSError has written nothing."""

    def load(self) -> State: ...

    def save(self, state: State) -> None: ...

    def keep_routes(self, text: str) -> None:
        """Traefik's file as it was before the switch."""

    def routes(self) -> str: ...

    def record(self, entry: dict[str, Any]) -> None:
        """One more line of the history."""

    def history(self) -> list[dict[str, Any]]: ...


class Busy(Exception):
    """Another process of this machine works on it."""


def web(colour: Colour) -> list[str]:
    """The services that visitors reach."""
    return [service for service in colour["containers"] if service not in (QUEUE, SCHEDULER)]


def apps(colour: Colour) -> list[str]:
    return [service for service in web(colour) if service != REVERB]


def names(colour: Colour, *services: str) -> list[str]:
    """The containers of those services that it has."""
    return [colour["containers"][service] for service in services if service in colour["containers"]]


def under_way(state: State) -> Operation:
    """:raises LookupError: where nobody began one."""
    if state["operation"] is None:
        raise LookupError("no operation is under way")
    return state["operation"]


def empty() -> State:
    return {"number": 0, "current": None, "kept": None, "schema": [], "gone": [], "operation": None}


class Files:
    """The store of an environment, in a directory that only root may read."""

    def __init__(self, environment: str, base: str = DIRECTORY) -> None:
        self.directory = os.path.join(base, environment)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """:raises Busy: where a run goes on whose connection broke."""
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        with open(self._path("lock"), "w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise Busy from problem
            with contextlib.suppress(OSError), open(self._path("reserve"), "ab") as reserve:
                os.fchmod(reserve.fileno(), 0o600)
                os.posix_fallocate(reserve.fileno(), 0, RESERVE)
            yield

    def load(self) -> State:
        try:
            with open(self._path("state.json"), encoding="utf-8") as file:
                found: State = json.load(file)
                return found
        except FileNotFoundError:
            return empty()

    def save(self, state: State) -> None:
        # In one line, as the role reads it.
        self._write("state.json", json.dumps(state) + "\n")

    def keep_routes(self, text: str) -> None:
        self._write("routes.before", text)

    def routes(self) -> str:
        with open(self._path("routes.before"), encoding="utf-8") as file:
            return file.read()

    def record(self, entry: dict[str, Any]) -> None:
        # After what a run that was killed may have left of its own.
        self._write_out("history.jsonl", "a", "\n" + json.dumps(entry) + "\n")

    def history(self) -> list[dict[str, Any]]:
        entries = []
        with contextlib.suppress(FileNotFoundError), open(self._path("history.jsonl"), encoding="utf-8") as file:
            for line in file:
                # A run may be killed in the middle of a line.
                with contextlib.suppress(ValueError):
                    entries.append(json.loads(line))
        return [entry for entry in entries if isinstance(entry, dict)]

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def _write(self, name: str, text: str) -> None:
        self._write_out(f"{name}~", "w", text)
        os.rename(self._path(f"{name}~"), self._path(name))
        # It is written: what a disk says from here on would tell the opposite.
        with contextlib.suppress(OSError):
            directory = os.open(self.directory, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _write_out(self, name: str, mode: str, text: str) -> None:
        try:
            self._write_once(name, mode, text)
        except OSError as problem:
            if problem.errno != errno.ENOSPC or not os.path.exists(self._path("reserve")):
                raise
            os.unlink(self._path("reserve"))
            self._write_once(name, mode, text)

    def _write_once(self, name: str, mode: str, text: str) -> None:
        with open(self._path(name), mode, encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
