# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of files becomes what is wanted, or stays as it was: all new contents are on the disk before the first one takes its place."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.plannerate.infra.plugins.module_utils._files.directory import (
    Directory,
    FileRefused,
    open_directory,
    user_name,
)
from ansible_collections.plannerate.infra.plugins.module_utils._files.entry import (
    NOTHING,
    Found,
    Wanted,
    difference,
    is_as_wanted,
    look,
    refuse_what_would_be_lost,
)

# Files and directories that are not finished yet. Nobody else knows the name, and it is made exclusively.
PREFIX = ".file_set."
# After which nobody finishes one of them any more: no run takes so long between its first and its last file.
LEFTOVER_SECONDS = 3600


@dataclass(frozen=True)
class Change:
    want: Wanted
    found: Found


def changes_of(wants: Sequence[Wanted], planned_only: bool) -> list[Change]:
    """What differs, in the order of the set.

    :arg planned_only: nothing will be written, so directories and users that a real run would have by then may be missing.
    :raises FileRefused: for what cannot be made so.
    """
    owners = {want.path: want.owner for want in wants if want.state == "directory"}
    found = []
    for want in wants:
        with _directory(want.directory) as directory:
            if directory is None and not planned_only and want.directory not in owners and want.state != "absent":
                raise FileRefused(
                    f"{want.path}: there is no directory {want.directory}, expected it to exist or to be in the set"
                )
            now = look(directory, want.name)
            owner = directory.owner if directory else None
        refuse_what_would_be_lost(want, now)
        if is_as_wanted(want, now):
            continue
        # Who owns the directory once the set is written; the user may not exist yet.
        _refuse_another_owner(want, (owners[want.directory] or None) if want.directory in owners else owner)
        if not planned_only and want.state in ("file", "directory"):
            _refuse_unknown_users(want)
        found.append(Change(want, now))
    return found


def _refuse_another_owner(want: Wanted, owner: int | None) -> None:
    """Root's or a third user's file is not safe in a directory whose owner can replace it.

    :arg owner: to whom the directory or one above it belongs, None where that is root.
    """
    if owner is not None and want.state in ("file", "directory") and want.owner not in (owner, None):
        raise FileRefused(
            f"{want.path} is to belong to {want.owner_name}, but is below a directory of {user_name(owner)}, who can replace it: "
            f"expected the owner {user_name(owner)}, or a directory that belongs to root"
        )


def _refuse_unknown_users(want: Wanted) -> None:
    if want.owner is None:
        raise FileRefused(f"{want.path}: there is no user {want.owner_name}, expected the owner to exist")
    if want.group is None:
        raise FileRefused(f"{want.path}: there is no group {want.group_name}, expected the group to exist")


def diffs(changes: Sequence[Change]) -> list[dict[str, str]]:
    return [difference(change.want, change.found) for change in changes]


@contextlib.contextmanager
def _directory(path: str) -> Iterator[Directory | None]:
    directory = open_directory(path)
    try:
        yield directory
    finally:
        if directory:
            directory.close()


class Writer:
    """Carries changes out. What was not finished is removed again, whatever happens."""

    def __init__(self) -> None:
        self.undo: list[Callable[[], None]] = []
        self.open: dict[str, Directory] = {}

    def write(self, changes: Sequence[Change]) -> None:
        """:raises FileRefused: no file was changed then, unless it says which; directories' owners and modes may have been."""
        try:
            ready = self._ready(changes)
        except BaseException:
            for step in reversed(self.undo):
                with contextlib.suppress(OSError):
                    step()
            self._close()
            raise
        # From here on a name only takes the place of another one, which needs no room.
        done: list[str] = []
        try:
            for change, take_its_place in ready:
                take_its_place()
                done.append(change.want.path)
        except OSError as problem:
            raise FileRefused(
                f"{problem.strerror}: {ready[len(done)][0].want.path}. Changed before it: {', '.join(done) or 'nothing'}; the next run "
                "does the rest"
            ) from problem
        finally:
            self._close()

    def _ready(self, changes: Sequence[Change]) -> list[tuple[Change, Callable[[], None]]]:
        """Makes directories, and all else that may fail. Returns what only has to take its place."""
        directories = [change for change in changes if change.want.state == "directory"]
        others = [change for change in changes if change.want.state != "directory"]
        found = []
        for change in (*directories, *others):
            try:
                if change.want.state == "directory":
                    self._make_directory(change)
                    # Whose directory it is may be another one now.
                    self._close()
                else:
                    found.append((change, self._prepare(change)))
            except OSError as problem:
                raise FileRefused(
                    f"{change.want.path}: {problem.strerror}. No file of the set was changed"
                ) from problem
        return found

    def _close(self) -> None:
        for directory in self.open.values():
            directory.close()
        self.open.clear()

    def _parent(self, want: Wanted) -> Directory:
        directory = self.open.get(want.directory) or open_directory(want.directory)
        if directory is None:
            raise FileRefused(f"{want.path}: there is no directory {want.directory}")
        if want.directory not in self.open:
            self.open[want.directory] = directory
            _remove_leftovers(directory)
        _refuse_another_owner(want, directory.owner)
        return directory

    def _make_directory(self, change: Change) -> None:
        want, parent = change.want, self._parent(change.want)
        with parent.as_owner():
            if change.found == NOTHING:
                os.mkdir(want.name, 0o700, dir_fd=parent.descriptor)
                self.undo.append(lambda: self._remove_again(want))
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(want.name, flags, dir_fd=parent.descriptor)
        # Not as its owner, who may not give it a group that he is not in: one without a name here is in none.
        try:
            if parent.owner is not None and os.fstat(descriptor).st_uid != parent.owner:
                raise PermissionError(errno.EPERM, "it belongs to another user")
            _give(descriptor, want)
        finally:
            os.close(descriptor)

    def _remove_again(self, want: Wanted) -> None:
        parent = self._parent(want)
        with parent.as_owner():
            os.rmdir(want.name, dir_fd=parent.descriptor)

    def _prepare(self, change: Change) -> Callable[[], None]:
        want, parent = change.want, self._parent(change.want)
        if want.state == "absent":
            return lambda: _as_owner(parent, _removal(parent, change))
        keeps_content = want.state == "file" and change.found.state == "file" and not want.force
        content = (change.found.content or b"") if keeps_content else want.content
        temporary = f"{PREFIX}{secrets.token_hex(8)}"
        with parent.as_owner():
            if want.state == "link":
                os.symlink(want.target, temporary, dir_fd=parent.descriptor)
                self.undo.append(lambda: _as_owner(parent, lambda: os.unlink(temporary, dir_fd=parent.descriptor)))
            else:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(temporary, flags, 0o600, dir_fd=parent.descriptor)
                self.undo.append(lambda: _as_owner(parent, lambda: os.unlink(temporary, dir_fd=parent.descriptor)))
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    _give(file.fileno(), want)
                    if keeps_content or content == change.found.content:
                        _keep_time(file.fileno(), parent, want.name)
                    os.fsync(file.fileno())

        def take_its_place() -> None:
            os.rename(temporary, want.name, src_dir_fd=parent.descriptor, dst_dir_fd=parent.descriptor)

        return lambda: _as_owner(parent, take_its_place)


def _remove_leftovers(directory: Directory) -> None:
    """What a run that was killed had not finished."""
    with directory.as_owner(), contextlib.suppress(OSError):
        for name in os.listdir(directory.descriptor):
            status = directory.status(name) if name.startswith(PREFIX) else None
            if status and time.time() - status.st_mtime > LEFTOVER_SECONDS:
                os.unlink(name, dir_fd=directory.descriptor)


def _as_owner(directory: Directory, step: Callable[[], None]) -> None:
    with directory.as_owner():
        step()


def _removal(parent: Directory, change: Change) -> Callable[[], None]:
    remove = os.rmdir if change.found.state == "directory" else os.unlink
    return lambda: remove(change.want.name, dir_fd=parent.descriptor)


def _give(descriptor: int, want: Wanted) -> None:
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != (want.owner, want.group):
        os.fchown(descriptor, -1 if want.owner is None else want.owner, -1 if want.group is None else want.group)
    os.fchmod(descriptor, want.mode)


def _keep_time(descriptor: int, parent: Directory, name: str) -> None:
    """A file whose content stays is no newer than it was: services that look at that time need not load it again."""
    status = parent.status(name)
    if status:
        os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
