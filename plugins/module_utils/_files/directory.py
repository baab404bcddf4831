# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that are opened step by step, so that nobody but root can lead root elsewhere.

Root follows a link only in a directory that root alone may change. Below a directory of another user everything is done with the rights
of that user, who then reaches no more through a planted link than without.
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
# Debian's nogroup.
NO_GROUP = 65534
# Nothing there, a file on the way, links in a circle, a socket.
_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)


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
        """Inside, files are reached with the rights of the user to whom the directory belongs, if that is another one.

        All threads of the process have these rights then.
        """
        if self.owner is None or os.geteuid() != 0:
            yield
            return
        groups, group = os.getgroups(), os.getegid()
        theirs, all_of_theirs = _groups(self.owner)
        try:
            os.setgroups(all_of_theirs)
            os.setegid(theirs)
            os.seteuid(self.owner)
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


def _groups(number: int) -> tuple[int, list[int]]:
    """(group, all groups) of a user, who may have no name here."""
    try:
        user = pwd.getpwuid(number)
    except KeyError:
        return NO_GROUP, []
    return user.pw_gid, os.getgrouplist(user.pw_name, user.pw_gid)


def open_directory(path: str) -> Directory | None:
    """The directory of a path, None where there is none.

    :arg path: absolute.
    :raises FileRefused: for a link that somebody else could have made, or a path that leads through something else than directories.
    """
    for directory, left in _way(path):
        if not left:
            return directory
    return None


def open_file(path: str, reader: int | None = None) -> int | None:
    """A regular file, opened with the rights of whoever could have put another one in its place; None where these reach none.

    That is the owner of the first directory on the way that is not root's own. From there on links count as they do for that user: a
    data directory may well be one.

    :arg path: absolute.
    :arg reader: the number of a user who could have named the path, and with whose rights it is opened from the root on.
    :raises FileRefused: as for a directory.
    """
    # Who is not root has no rights but their own.
    for directory, left in _way(path, os.geteuid() or reader):
        if directory.owner is not None or (len(left) < 2 and not _is_link(directory, left)):
            break
    else:
        return None
    # Without O_NONBLOCK, a pipe would be waited for.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_NOFOLLOW if directory.owner is None else 0)
    try:
        with directory.as_owner():
            descriptor = os.open("/".join(left) or ".", flags, dir_fd=directory.descriptor)
    except OSError as problem:
        if problem.errno in _NO_FILE or (problem.errno == errno.EACCES and os.geteuid() == 0):
            return None
        raise
    finally:
        directory.close()
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _is_link(directory: Directory, names: list[str]) -> bool:
    status = directory.status(names[0]) if names else None
    return status is not None and stat.S_ISLNK(status.st_mode)


def _way(path: str, reader: int | None = None) -> Iterator[tuple[Directory, list[str]]]:
    """Each directory on the way, with the names that are left from there. It ends early where there is nothing by the next name."""
    if not os.path.isabs(path):
        raise FileRefused(f"the path is {path!r}, expected an absolute one")
    current = _root(reader)
    left = _names(path)
    links = 0
    while left:
        yield current, left
        name = left.pop(0)
        status = current.status(name)
        if status is None:
            current.close()
            return
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
    yield current, left


def _root(owner: int | None = None) -> Directory:
    return Directory(os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), "/", owner)


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
