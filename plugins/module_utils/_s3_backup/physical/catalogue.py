# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to restore: backups, gaps in the WAL, and the moments between."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any, NamedTuple

from . import info, window
from .configuration import program_of
from .moments import shown
from .segments import Gap, gaps

# Where no server runs, segments have the usual size.
_SEGMENT_BYTES = 16 << 20


class Catalogue(NamedTuple):
    backups: list[info.Backup]
    gaps: list[Gap]
    reaches: list[window.Reach]


def read(found, server, member=None) -> Catalogue:
    """:arg server: one that runs here, None where there is none: then nothing tells whose repository it is.

    :raises Refused: where the repository is another cluster's.
    """
    program = program_of(found, member or (server.member if server else found["members"][0]))
    repository = program.repository()
    if server:
        info.require_same(repository, found["stanza"], server.system, found["place"])
    if not repository.backups:
        return Catalogue([], [], [])
    segment_bytes = server.segment_bytes if server else _SEGMENT_BYTES
    names = program.segments(repository.archive)
    missing = gaps(names, segment_bytes)
    with tempfile.TemporaryDirectory(prefix="segment-", dir=found["state_directory"]) as directory:

        def last_commit(segment):
            return program.last_commit(names, segment, segment_bytes, directory)

        reaches = window.reaches(repository.backups, missing, max(names, default=None), last_commit, segment_bytes)
    return Catalogue(repository.backups, missing, reaches)


def lines(found: Catalogue) -> list[str]:
    text = [
        f"{one.label:<34} {one.kind:<5} {shown(one.end)}{'  DAMAGED' if one.damaged else ''}"
        for one in sorted(found.backups, key=lambda one: one.end, reverse=True)
    ]
    text += [f"can be restored: {one}" for one in window.described(found.reaches)]
    return text + [f"WAL is missing between {one.before} and {one.after}" for one in found.gaps]


def plain(found: Catalogue) -> dict[str, Any]:
    windows: Sequence[tuple[Any, Any]] = window.windows(found.reaches)
    return {
        "backups": [{"label": one.label, "kind": one.kind, "end": shown(one.end)} for one in found.backups],
        "windows": [{"begin": shown(begin), "end": shown(end)} for begin, end in windows],
        "reaches": [
            {"label": one.backup.label, "begin": shown(one.begin), "end": shown(one.end)} for one in found.reaches
        ],
        "gaps": [one._asdict() for one in found.gaps],
    }
