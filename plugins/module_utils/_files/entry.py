# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of a set of files: what is wanted, what is there, and the difference as a person reads it."""

from __future__ import annotations

import grp
import os
import pwd
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._files.directory import Directory, FileRefused

# Bytes of a content that a diff shows at most. As Ansible's own modules (MAX_FILE_SIZE_FOR_DIFF).
MOST_SHOWN = 104448
KINDS = ("file", "directory", "link", "absent")


@dataclass(frozen=True)
class Wanted:
    """What there has to be at a path. ``owner`` and ``group`` are None where there is no user or group of that name yet."""

    path: str
    state: str
    owner: int | None
    group: int | None
    mode: int
    owner_name: str
    group_name: str
    content: bytes = b""
    target: str = ""
    force: bool = True
    secret: bool = False
    validate: str = ""

    @property
    def directory(self) -> str:
        return os.path.dirname(self.path)

    @property
    def name(self) -> str:
        return os.path.basename(self.path)


def wanted(entry: Mapping[str, Any], content: bytes) -> Wanted:
    """An entry of the module's options.

    :raises FileRefused: naming what cannot be meant.
    """
    path, mode = entry["path"], entry["mode"]
    if not os.path.isabs(path) or os.path.normpath(path) != path or path == "/":
        raise FileRefused(f"the path is {path!r}, expected an absolute one without '..' or a '/' at its end")
    if not re.fullmatch(r"[0-7]{3,4}", mode):
        raise FileRefused(f"{path}: mode is {mode}, expected three or four octal digits in quotes, such as '0644'")
    return Wanted(
        path=path,
        state=entry["state"],
        owner=_number(entry["owner"], lambda name: pwd.getpwnam(name).pw_uid),
        group=_number(entry["group"], lambda name: grp.getgrnam(name).gr_gid),
        mode=int(mode, 8),
        owner_name=entry["owner"],
        group_name=entry["group"],
        content=content,
        target=entry.get("target") or "",
        force=entry["force"],
        secret=entry["secret"],
        validate=entry.get("validate") or "",
    )


def _number(name: str, number_of: Callable[[str], int]) -> int | None:
    if name.isdigit():
        return int(name)
    try:
        return number_of(name)
    except KeyError:
        return None


@dataclass(frozen=True)
class Found:
    """What there is at a path; ``state`` is absent where there is nothing, and other for what no set can have."""

    state: str = "absent"
    owner: int | None = None
    group: int | None = None
    mode: int | None = None
    content: bytes | None = None
    target: str = ""


NOTHING = Found()


def look(directory: Directory | None, name: str) -> Found:
    """What is there. A content is never read through a link."""
    status = directory.status(name) if directory else None
    if directory is None or status is None:
        return NOTHING
    about = status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return Found("link", *about, target=os.readlink(name, dir_fd=directory.descriptor))
    if stat.S_ISDIR(status.st_mode):
        return Found("directory", *about)
    if not stat.S_ISREG(status.st_mode):
        return Found("other", *about)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with directory.as_owner():
        descriptor = os.open(name, flags, dir_fd=directory.descriptor)
    with os.fdopen(descriptor, "rb") as file:
        return Found("file", *about, content=file.read())


def is_as_wanted(want: Wanted, found: Found) -> bool:
    if want.state != found.state:
        return False
    if want.state == "absent":
        return True
    if want.state == "link":
        return want.target == found.target
    if want.state == "file" and want.force and want.content != found.content:
        return False
    return (want.owner, want.group, want.mode) == (found.owner, found.group, found.mode)


def refuse_what_would_be_lost(want: Wanted, found: Found) -> None:
    """:raises FileRefused: where something stands in the way that nobody wants to lose by a change of a file."""
    if found.state == "other":
        raise FileRefused(f"{want.path} is neither a file nor a directory nor a link, expected {want.state}")
    if found.state == "directory" and want.state in ("file", "link"):
        raise FileRefused(
            f"{want.path} is a directory, expected a {want.state}. Nothing was changed: move it away first"
        )
    if want.state == "directory" and found.state in ("file", "link"):
        raise FileRefused(
            f"{want.path} is a {found.state}, expected a directory. Nothing was changed: move it away first"
        )


def difference(want: Wanted, found: Found) -> dict[str, str]:
    """The change of one entry, as Ansible shows it in diff mode."""
    attributes = _attributes(found), _attributes_wanted(want)
    texts = [lines if attributes[0] != attributes[1] else "" for lines in attributes]
    before, after = found.content, want.content if want.state == "file" else None
    if want.state == "file" and not want.force and before is not None:
        after = before
    if before != after:
        if want.secret:
            texts[1] += "(content changed, not shown)\n"
        else:
            texts = [text + _shown(content) for text, content in zip(texts, (before, after))]
    return {
        "before": texts[0],
        "after": texts[1],
        "before_header": f"{want.path} (before)",
        "after_header": f"{want.path} (after)",
    }


def _shown(content: bytes | None) -> str:
    if content is None:
        return ""
    if len(content) > MOST_SHOWN:
        return f"({len(content)} bytes, not shown)\n"
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"({len(content)} bytes that are no text, not shown)\n"


def _attributes(found: Found) -> str:
    if found.state == "absent":
        return ""
    if found.state == "link":
        return f"link to {found.target}\n"
    names = [_name(found.owner, lambda number: pwd.getpwuid(number).pw_name)]
    names.append(_name(found.group, lambda number: grp.getgrgid(number).gr_name))
    return f"{found.state} {':'.join(names)} {found.mode or 0:04o}\n"


def _attributes_wanted(want: Wanted) -> str:
    if want.state == "absent":
        return ""
    if want.state == "link":
        return f"link to {want.target}\n"
    names = [
        _name(want.owner, lambda number: pwd.getpwuid(number).pw_name) if want.owner is not None else want.owner_name,
        _name(want.group, lambda number: grp.getgrgid(number).gr_name) if want.group is not None else want.group_name,
    ]
    return f"{want.state} {':'.join(names)} {want.mode:04o}\n"


def _name(number: int | None, name_of: Callable[[Any], str]) -> str:
    try:
        return name_of(number)
    except (KeyError, TypeError):
        return str(number)
