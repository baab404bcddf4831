# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of a part that runs: one at a time, told to stop by a file, and seen to be gone where it was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

DIRECTORY = "/run/plannerate-validation"
_LOCK, _BEGAN, _STOP = "lock", "began", "stop"


class Taken(Exception):
    """Another part runs."""


@contextmanager
def alone(directory: str) -> Iterator[None]:
    """The directory is there meanwhile, with nothing in it of one that was killed.

    :raises Taken:
    """
    os.makedirs(directory, 0o700, exist_ok=True)
    lock = os.open(os.path.join(directory, _LOCK), os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Taken(
                f"another validation runs on this machine, with {directory}: it ends by itself in minutes"
            ) from error
        for name in os.listdir(directory):
            if name != _LOCK:
                os.unlink(os.path.join(directory, name))
        try:
            yield
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    finally:
        os.close(lock)


def say_that_it_began(directory: str) -> None:
    os.close(os.open(os.path.join(directory, _BEGAN), os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))


def is_to_stop(directory: str) -> bool:
    return os.path.exists(os.path.join(directory, _STOP))


def runs(directory: str) -> bool:
    """Whether something has the directory; what was killed has it no longer."""
    try:
        lock = os.open(os.path.join(directory, _LOCK), os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def end(directory: str, seconds: float) -> bool:
    """Tells what has the directory to stop, and waits for it. Whether there was one, running or killed.

    :raises Taken: when it goes on.
    """
    was_there = os.path.isdir(directory)
    deadline = time.monotonic() + seconds
    while runs(directory):
        if time.monotonic() > deadline:
            raise Taken(f"what runs with {directory} did not stop in {seconds:g} s")
        try:
            os.close(os.open(os.path.join(directory, _STOP), os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
        except FileNotFoundError:
            break
        time.sleep(0.1)
    shutil.rmtree(directory, ignore_errors=True)
    return was_there
