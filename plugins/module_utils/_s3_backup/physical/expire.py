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
from .segments import gaps, require_size

_SEGMENT_BYTES = 16 << 20
# The greatest retention that pgBackRest takes: no repository reaches it, so no WAL goes.
_ALL = 9999999


class Result(NamedTuple):
    """C(postponed) are backups under way, or made or deleted since it was planned: nothing more is deleted then."""

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
    """:arg delete: whether it is done, or only planned.

    :raises BackupError: with the reason: before anything was deleted, unless it is pgBackRest that fails to.
    """
    now = now or datetime.fromtimestamp(time.time(), timezone.utc)
    found = program.repository()
    if found.system is None:
        raise Refused(f"there is no stanza {program.stanza} in the repository; nothing was deleted")
    everything = {one.label for one in found.backups}
    plan = expiry.planned(found.backups, everything, now, keep_days)
    if not plan.gone:
        return Result(plan.kept, [], [])
    begun = _begun(program)
    if begun:
        return Result([*plan.gone, *plan.kept], [], begun)
    text = program.run("verify", "--output=text", "--verbose")
    valid = expiry.valid_in(text, wrong_in(text))
    names = program.segments(found.archive)
    require_size(names, _SEGMENT_BYTES)
    reaches = window.reaches(
        found.backups, gaps(names, _SEGMENT_BYTES), max(names, default=None), _no_commit, _SEGMENT_BYTES
    )
    plan = expiry.planned(found.backups, valid & {one.backup.label for one in reaches}, now, keep_days)
    if delete:
        return _deleted(program, found.backups, plan)
    _backups, meanwhile = _as_planned(program, everything)
    if meanwhile:
        return Result(sorted([*plan.gone, *plan.kept]), [], meanwhile)
    return Result(plan.kept, plan.gone, [])


def _deleted(program, backups, plan):
    """Deletes one chain after the other, as long as the repository is what the plan was made of."""
    labels = {one.label for one in backups}
    for place, label in enumerate(plan.gone):
        # Verifying takes hours, and deleting minutes.
        there, meanwhile = _as_planned(program, labels)
        if meanwhile:
            return Result(sorted([*plan.gone[place:], *plan.kept]), plan.gone[:place], meanwhile)
        is_last = label == plan.gone[-1]
        program.run(
            "expire",
            f"--set={label}",
            # By itself it takes no WAL along with a backup that is named. It counts full backups from the newest one, also those that
            # are still to go: before the last one went, the WAL of a kept chain would go.
            f"--repo1-retention-archive={expiry.counted(there, plan.kept, label) if is_last else _ALL}",
            "--repo1-retention-archive-type=full",
        )
        labels -= expiry.chain(labels, label)
    return Result(plan.kept, plan.gone, [])


def _as_planned(program, labels):
    """The backups that are there, and labels of those that are under way, or were made or deleted since the plan."""
    # In this order: one that ends in between is seen as under way.
    begun = _begun(program)
    there = program.repository().backups
    return there, begun or sorted(labels ^ {one.label for one in there})


def _begun(program):
    # Of a backup on another machine no lock tells here.
    listed = json.loads(program.run("repo-ls", "--recurse", "--output=json", arguments=[f"backup/{program.stanza}"]))
    return expiry.unfinished(listed)


def _no_commit(_segment):
    """Where the window ends does not matter here."""
