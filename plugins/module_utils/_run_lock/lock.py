# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine's locks: which run changes what on it, since when and why, and until when nobody else may.

The file of a lock stays when nobody has it, so that a run whose lock had expired sees who was there in between.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from typing import TypedDict

DIRECTORY = "/var/lib/plannerate/locks"
# How many runs a lock knows that lost it.
REMEMBERED = 20
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
# Seconds for another process of this machine to write its lock; it hangs where the disk does.
PATIENCE = 5


class Holder(TypedDict):
    """A run: its user and controller, its process there, when that began in clock ticks since the controller did, and what it runs.

    ``controller`` tells controllers of one name apart: the start of the machine and the namespace of its processes; empty where nobody
    can say. ``command`` is a checksum of the command, which the processes that the run has forked share.
    """

    user: str
    host: str
    controller: str
    process: int
    began: float
    command: str
    reason: str


class Lock(TypedDict):
    """The lock ``name`` of this machine. Times are seconds since 1970 by this machine's clock.

    ``state``: ``held``, also when it has expired, ``released``, or ``broken`` by an operator. ``before``: the runs that lost it, the last
    one first.
    """

    name: str
    holder: Holder
    since: float
    expires: float
    state: str
    before: list[Holder]


class Held(Exception):
    """Another run has the lock."""

    def __init__(self, lock: Lock) -> None:
        super().__init__(lock)
        self.lock = lock


class Lost(Exception):
    """This run had the lock, which expired or was broken, and another one may have been there since."""

    def __init__(self, lock: Lock) -> None:
        super().__init__(lock)
        self.lock = lock


def same(one: Holder, other: Holder) -> bool:
    """Whether both are the same run, whatever it runs."""
    return all(one[key] == other[key] for key in ("user", "host", "controller", "process", "began"))


def read(name: str) -> Lock | None:
    """The lock as it is, None where nobody ever had it, or where its file is none."""
    try:
        with open(_file(name), encoding="utf-8") as file:
            found: Lock = json.load(file)
        return (
            found if {*Lock.__annotations__} <= {*found} and {*Holder.__annotations__} <= {*found["holder"]} else None
        )
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


def held(now: float) -> list[Lock]:
    """The locks that somebody has and that have not expired, by name."""
    try:
        names = sorted(os.listdir(DIRECTORY))
    except (FileNotFoundError, PermissionError):
        return []
    found = [lock for name in names if re.fullmatch(NAME, name) and (lock := read(name))]
    return [lock for lock in found if lock["state"] == "held" and now < lock["expires"]]


def take(name: str, holder: Holder, seconds: float, now: float, ended: Holder | None = None) -> bool:
    """Takes the lock for so many seconds, or renews it where this run has it.

    :arg ended: a run that is known to have ended; its lock is free.
    :returns: whether this run did not have it before.
    :raises Held: if another run has it.
    :raises Lost: if this run had it, and must not go on.
    """
    with _alone():
        lock = read(name)
        if lock is None:
            _write(name, holder, now, now + seconds, "held", [])
            return True
        if same(lock["holder"], holder):
            if lock["state"] == "broken":
                raise Lost(lock)
            _write(name, holder, lock["since"], now + seconds, "held", lock["before"])
            return lock["state"] != "held"
        if any(same(each, holder) for each in lock["before"]):
            raise Lost(lock)
        free = lock["state"] != "held" or now >= lock["expires"] or (ended is not None and same(lock["holder"], ended))
        if not free:
            raise Held(lock)
        # Who gave it up may have it again. Who did not shall learn that another run was there.
        lost = [lock["holder"]] if lock["state"] != "released" else []
        _write(name, holder, now, now + seconds, "held", [*lost, *lock["before"]][:REMEMBERED])
        return True


def give_up(name: str, holder: Holder, state: str = "released") -> bool:
    """Ends the lock of a run: it is ``released`` by this run, or ``broken`` by an operator. Whether that run had it.

    :raises Lost: if it had, and lost it.
    """
    with _alone():
        lock = read(name)
        if lock and (
            any(same(each, holder) for each in lock["before"])
            or (same(lock["holder"], holder) and lock["state"] == "broken")
        ):
            raise Lost(lock)
        if not lock or lock["state"] != "held" or not same(lock["holder"], holder):
            return False
        _write(name, lock["holder"], lock["since"], lock["expires"], state, lock["before"])
        return True


def _file(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise ValueError(f"{name!r} is no name of a lock, expected letters, digits, _, - and .")
    return os.path.join(DIRECTORY, name)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
    directory = os.open(DIRECTORY, os.O_RDONLY)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield
    finally:
        os.close(directory)


def _write(name: str, holder: Holder, since: float, expires: float, state: str, before: list[Holder]) -> None:
    path = _file(name)
    temporary = f"{path}~"
    lock: Lock = {
        "name": name,
        "holder": holder,
        "since": since,
        "expires": expires,
        "state": state,
        "before": before,
    }
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(lock, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
