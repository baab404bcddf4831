# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expiring by whoever has the key that deletes: looks, plans, verifies what would be left, and only then deletes."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timezone
from typing import NamedTuple

from ..errors import Refused
from . import expiry, settings, window
from .program import Program, wrong_in
from .segments import gaps

_SEGMENT_BYTES = 16 << 20


class Result(NamedTuple):
    """C(postponed) are backups under way, while which nothing is deleted."""

    kept: list[str]
    gone: list[str]
    postponed: list[str]


def prepared(directory, repository, version):
    """The program with a configuration of its own, in a directory that nobody else reads."""
    # It refuses a path with two slashes.
    directory = os.path.normpath(directory)
    path = os.path.join(directory, "pgbackrest.conf")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(settings.repository_file(repository, version, directory))
    return Program(path, repository["stanza"], "")


def expire(program, keep_days, delete, now=None):
    """:arg delete: whether it is done, or only planned. :raises BackupError: where nothing was deleted, with the reason."""
    now = now or datetime.fromtimestamp(time.time(), timezone.utc)
    found = program.repository()
    if found.system is None:
        raise Refused(f"there is no stanza {program.stanza} in the repository; nothing was deleted")
    everything = {one.label for one in found.backups}
    plan = expiry.planned(found.backups, everything, now, keep_days)
    if not plan.gone:
        return Result(plan.kept, [], [])
    listed = json.loads(program.run("repo-ls", "--recurse", "--output=json", arguments=[f"backup/{program.stanza}"]))
    # Of a backup on another machine no lock tells here.
    begun = expiry.unfinished(listed)
    if begun:
        return Result([*plan.gone, *plan.kept], [], begun)
    text = program.run("verify", "--output=text", "--verbose")
    valid = expiry.valid_in(text, wrong_in(text))
    names = program.segments(found.archive)
    reaches = window.reaches(
        found.backups, gaps(names, _SEGMENT_BYTES), max(names, default=None), _no_commit, _SEGMENT_BYTES
    )
    plan = expiry.planned(found.backups, valid & {one.backup.label for one in reaches}, now, keep_days)
    if delete:
        for label in plan.gone:
            # By itself it takes no WAL along with a backup that is named.
            program.run(
                "expire",
                f"--set={label}",
                f"--repo1-retention-archive={len(plan.kept)}",
                "--repo1-retention-archive-type=full",
            )
    return Result(plan.kept, plan.gone, [])


def _no_commit(_segment):
    """Where the window ends does not matter here."""
