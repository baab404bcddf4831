# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose rights grew between two looks at the same machines and the same cluster. Pure."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

# Of a mode: what others than the owner may do, and whose rights a program runs with.
OTHERS, RUNS_AS = 0o077, stat.S_ISUID | stat.S_ISGID


@dataclass(frozen=True)
class File:
    """What there is by a path."""

    owner: str
    group: str
    mode: int

    @classmethod
    def read(cls, found: str) -> File:
        """:arg found: what find's ``%u %g %m`` prints."""
        owner, group, mode = found.split()
        return cls(owner, group, int(mode, 8))


@dataclass(frozen=True)
class Rights:
    """Facts by subject: each is one right, so one more is growth."""

    # What a role of PostgreSQL may do, is a member of, and owns; what a Unix user is a member of; who may what with sudo.
    facts: Mapping[str, Set[str]] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    # Checksums of what gives rights by its content: sudoers, authorized keys, jobs of cron.
    contents: Mapping[str, str] = field(default_factory=dict)


def grown(before: Rights, after: Rights) -> list[str]:
    """What somebody may do that nobody could before, one sentence each; what was taken away is not said."""
    return sorted([*_facts(before, after), *_files(before, after), *_contents(before, after)])


def _facts(before: Rights, after: Rights) -> Iterator[str]:
    for subject, facts in after.facts.items():
        for fact in facts - before.facts.get(subject, frozenset()):
            yield f"{subject}: {fact}"


def _files(before: Rights, after: Rights) -> Iterator[str]:
    for path, now in after.files.items():
        was = before.files.get(path)
        if was is None:
            if now.mode & RUNS_AS:
                yield f"{path}: is there, with mode {now.mode:04o}"
            if now.owner != "root":
                yield f"{path}: is there, and belongs to {now.owner}"
            elif now.mode & 0o002 or (now.mode & 0o020 and now.group != "root"):
                yield f"{path}: is there, and others than root may write it"
            continue
        if now.owner not in (was.owner, "root"):
            yield f"{path}: belongs to {now.owner}, before to {was.owner}"
        if now.group not in (was.group, "root") and now.mode & 0o070:
            yield f"{path}: its group is {now.group}, before {was.group}"
        if more := now.mode & ~was.mode & (OTHERS | RUNS_AS):
            yield f"{path}: its mode has {more:04o} more"


def _contents(before: Rights, after: Rights) -> Iterator[str]:
    for path, checksum in after.contents.items():
        if path not in before.contents:
            yield f"{path}: is there"
        elif before.contents[path] != checksum:
            yield f"{path}: has another content"
