# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that are opened step by step, so that nobody but root can lead root elsewhere.

A link counts only in a directory that root alone may change. Below a directory of another user everything is done with the rights of
that user, who then reaches no more through a planted link than without.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
from collections.abc import Iterator

# As the kernel has it (MAXSYMLINKS).
MOST_LINKS = 40


class FileRefused(Exception):
    """A path that is not what it has to be; the argument says what was found, and what was expected."""


class Directory:
    """An open directory.

    ``owner``: the user, other than the one who runs this, to whom it or one above it belongs; None where there is none. ``closed``:
    whether only who runs this can change what is in it.
    """

    def __init__(self, descriptor: int, path: str, owner: int | None) -> None:
        self.descriptor, self.path, self.owner = descriptor, path, owner
        status = os.fstat(descriptor)
        if status.st_uid not in (0, os.geteuid()):
            if owner not in (None, status.st_uid):
                raise FileRefused(
                    f"{path} belongs to {user_name(status.st_uid)} and is below a directory of {user_name(owner or 0)}, expected one of "
                    "these users at most"
                )
            self.owner = status.st_uid
        self.closed = self.owner is None and not status.st_mode & 0o022

    def close(self) -> None:
        os.close(self.descriptor)

    def status(self, name: str) -> os.stat_result | None:
        """What there is by a name, links not followed; None where there is nothing."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def as_owner(self) -> Iterator[None]:
        """Inside, files are reached with the rights of the user to whom the directory belongs, if that is another one."""
        if self.owner is None or os.geteuid() != 0:
            yield
            return
        user = pwd.getpwuid(self.owner)
        groups, group = os.getgroups(), os.getegid()
        os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
        os.setegid(user.pw_gid)
        os.seteuid(user.pw_uid)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(group)
            os.setgroups(groups)


def user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def open_directory(path: str) -> Directory | None:
    """The directory of a path, None where there is none.

    :arg path: absolute.
    :raises FileRefused: for a link that somebody else could have made, or a path that leads through something else than directories.
    """
    if not os.path.isabs(path):
        raise FileRefused(f"the path is {path!r}, expected an absolute one")
    current = _root()
    left = _names(path)
    links = 0
    while left:
        name = left.pop(0)
        status = current.status(name)
        if status is None:
            current.close()
            return None
        here = os.path.join(current.path, name)
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if not current.closed or links > MOST_LINKS:
                raise FileRefused(
                    f"{here} is a link in a directory that others than root may change, expected a directory"
                    if links <= MOST_LINKS
                    else f"{path} leads through more than {MOST_LINKS} links"
                )
            target = os.readlink(name, dir_fd=current.descriptor)
            if os.path.isabs(target):
                current.close()
                current = _root()
            left = [*_names(target), *left]
            continue
        current = _step(current, name, here)
    return current


def _root() -> Directory:
    return Directory(os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), "/", None)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def _step(current: Directory, name: str, path: str) -> Directory:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with current.as_owner():
            descriptor = os.open(name, flags, dir_fd=current.descriptor)
    except OSError as problem:
        if problem.errno in (errno.ENOTDIR, errno.ELOOP):
            raise FileRefused(f"{path} is no directory, expected one") from problem
        raise
    # The owner of what is above does not count for "..", which only a link in a closed directory can have.
    owner = None if name == ".." else current.owner
    current.close()
    return Directory(descriptor, os.path.normpath(path), owner)
