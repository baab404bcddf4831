# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup is meant, and why not a newer one."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import BackupError, Refused
from ..machine.text import readable
from ..retention.policy import RESTORABLE, Backup
from . import keys, listing, manifest


class Choice(NamedTuple):
    """What is meant, and why not what is newer: messages."""

    backup: Backup
    skipped: list[str]


def choose(store, prefix, database, backup=None, before=None, system=None, unauthenticated=False, one_system=False):
    """The Choice that is meant: the backup of an id, the newest not later than a moment, or the newest.

    :arg system: identifier of the cluster that it is of; :arg unauthenticated: whether it may be written by anybody.
    :arg one_system: whether there has to be only one cluster that could be meant.
    :raises BackupError: when there is none, naming what there is; :raises Refused: when it is not authentic, or not of one cluster.
    """
    found = sorted(
        (one for one in listing.backups(store, prefix, database) if system in (None, one.system)),
        key=lambda one: (one.moment, one.id),
        reverse=True,
    )
    asked = [one for one in found if before is None or one.moment <= before]
    meant = [one for one in asked if (one.id == backup if backup else _may_be_loaded(one, unauthenticated))]
    if not meant:
        what = backup or ("one that is not later than " + manifest.stamp(before) if before else "a complete one")
        there = ", ".join(f"{one.id} ({told(one)})" for one in found[:5]) or "none at all"
        raise BackupError(
            f"no backup of {database} under {keys.root(prefix)}: expected {what}, found {there}{_remedy(asked)}"
        )
    if meant[0].state == "orphan":
        raise BackupError(f"{meant[0].id} has no manifest: it was never finished, choose another one")
    if not _is_trusted(meant[0], unauthenticated):
        raise Refused(
            f"{meant[0].id} is not authentic, {meant[0].note}: made before backups were signed, with another key than that of now, or by "
            "somebody who can write to the bucket. If you know that it is yours, restore it with --unauthenticated"
        )
    newest = {one.system: one for one in reversed(meant)}
    if one_system and not backup and len(newest) > 1:
        there = "; ".join(f"{name} with {one.id}, {readable(one.bytes)}" for name, one in newest.items())
        raise Refused(
            f"{database} has backups of several clusters, by their system identifiers: {there}. After a rebuild the newest may be of a "
            "database without rows, so name one with --system, or a backup with --backup"
        )
    newer = [] if backup else asked[: asked.index(meant[0])]
    return Choice(meant[0], [f"{one.id} is newer and was skipped: {told(one)}" for one in newer])


def _remedy(asked):
    """Backups of earlier releases are all that there is, until the first new one."""
    if not any(one.state in RESTORABLE for one in asked):
        return ""
    return ". One that is not authentic is restored with --backup=<id> --unauthenticated, if you know that it is yours"


def told(backup):
    """The state of a Backup for a person, and why."""
    words = [backup.state, *(["not authentic"] if backup.authentic is False else [])]
    return ", ".join(words) + (f": {backup.note}" if backup.note else "")


def _may_be_loaded(backup, unauthenticated):
    return backup.state in RESTORABLE and _is_trusted(backup, unauthenticated)


def _is_trusted(backup, unauthenticated):
    return unauthenticated or backup.authentic is not False
