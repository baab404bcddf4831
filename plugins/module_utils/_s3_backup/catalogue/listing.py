# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups below a prefix, as the planner wants to see them: one pass over the listing, one backup in memory at a time."""

from __future__ import annotations

from itertools import groupby

from ..retention.policy import Backup
from . import keys, manifest


def backups(store, prefix, database=None):
    """Yields a Backup for each directory that looks like one, in the order of the keys.

    Objects that belong to no backup are left alone: nobody knows what they are.
    """
    places = ((keys.place_of(prefix, entry.key), entry.size) for entry in store.objects(keys.root(prefix)))
    mine = ((place, size) for place, size in places if place and database in (None, place.database))
    for _directory, entries in groupby(mine, key=lambda found: found[0].directory):
        sizes, place = {}, None
        for place, size in entries:
            sizes[place.name] = size
        yield examine(store, place, sizes)


def examine(store, place, sizes):
    """The state of one backup.

    :arg place: Place of any of its objects; :arg sizes: bytes of its objects by name.
    """
    state, note = _state(store, place, sizes)
    return Backup(
        directory=place.directory,
        system=place.system,
        database=place.database,
        id=place.backup,
        moment=keys.moment_of(place.backup),
        state=state,
        bytes=sum(sizes.values()),
        objects=len(sizes),
        note=note,
    )


def _state(store, place, sizes):
    if keys.MANIFEST not in sizes:
        return "orphan", "no manifest"
    content = store.find(place.directory + keys.MANIFEST)
    if content is None:
        return "orphan", "its manifest went while it was looked at"
    try:
        document = manifest.decode(content, place)
    except manifest.Unreadable as reason:
        return "unreadable", str(reason)
    missing = manifest.missing_objects(document, sizes)
    if missing:
        return "damaged", "; ".join(missing[:3])
    found = store.find(place.directory + keys.VERIFIED) if keys.VERIFIED in sizes else None
    verdict = manifest.decode_verdict(found) if found else None
    # A verdict about another manifest says nothing about this one.
    omitted = manifest.omitted(document)
    note = f"without {'; '.join(omitted)}" if omitted else None
    if not verdict or verdict["manifest_sha256"] != manifest.digest(content):
        return "good", note
    if verdict["result"] == "damaged":
        return "damaged", verdict.get("problem") or "found by an earlier check"
    return "verified", note
