# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups below a prefix, as the planner wants to see them: one pass over the listing, one backup in memory at a time.

A listing that leaves something out makes a good backup look unfinished or damaged: what is missing in it is asked for by its key.
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import NamedTuple

from ..retention.policy import RESTORABLE, Backup
from . import index, keys, manifest

# How many missing objects are looked for and named.
_NAMED = 3


def backups(store, prefix, database=None, indexes=None):
    """Yields a Backup for each directory that looks like one, in the order of the keys.

    Objects that belong to no backup are left alone: nobody knows what they are.

    :arg indexes: a dict that gets the Index of each database by its directory.
    """
    indexes = {} if indexes is None else indexes
    places = ((keys.place_of(prefix, entry.key), entry) for entry in store.objects(keys.root(prefix)))
    mine = ((place, entry) for place, entry in places if place and database in (None, place.database))
    for _directory, entries in groupby(mine, key=lambda found: found[0].directory):
        together = list(entries)
        place = together[0][0]
        above = keys.database_directory(prefix, place.system, place.database)
        if above not in indexes:
            indexes[above] = index.read(store, above)
        listed = _listed(together)
        sizes = {one.name: entry.size for one, entry in together}
        was_verified = place.backup in indexes[above].verified
        stored = next((entry.moment for one, entry in together if one.name == keys.MANIFEST), None)
        seen = _known(indexes[above].known, place.backup, listed)
        if seen:
            yield _backup(place, sizes, seen, was_verified, listed)._replace(stored=stored)
        else:
            yield examine(store, place, sizes, was_verified)._replace(listed=listed, stored=stored)


def _known(known, backup, listed):
    """What an index says of a backup whose objects are listed so; None where it says nothing of use."""
    try:
        found = known[backup]
        seen = _Seen(**{**found["seen"], "recipients": tuple(found["seen"]["recipients"])})
    except (KeyError, TypeError):
        return None
    return seen if found["listed"] == listed and seen.state in RESTORABLE else None


def remembered(backup):
    """What an index keeps of a Backup; None for one that had better be looked at again."""
    if backup.doubt or backup.state not in RESTORABLE or not backup.listed:
        return None
    seen = _Seen(backup.state, backup.note, backup.was_verified, backup.authentic, backup.recipients)
    return {"listed": backup.listed, "seen": {**seen._asdict(), "recipients": list(seen.recipients)}}


def _listed(together):
    """Of all objects of a backup."""
    said = "\n".join(f"{one.name} {entry.size} {entry.tag}" for one, entry in together)
    return manifest.digest(said.encode())


def examine(store, place, sizes, was_verified=False):
    """The state of one backup.

    :arg place: Place of any of its objects; :arg sizes: bytes of its objects by name, as they were listed.
    """
    doubts: list[str] = []
    seen = _seen(_Looked(store, place.directory, sizes, doubts), place)
    return _backup(place, sizes, seen, was_verified)._replace(doubt="; ".join(doubts[:_NAMED]) or None)


def _backup(place, sizes, seen, was_verified, listed=None):
    return Backup(
        directory=place.directory,
        system=place.system,
        database=place.database,
        id=place.backup,
        moment=keys.moment_of(place.backup),
        state=seen.state,
        bytes=sum(sizes.values()),
        objects=len(sizes),
        note=seen.note,
        was_verified=seen.proven or was_verified,
        authentic=seen.authentic,
        recipients=seen.recipients,
        listed=listed,
    )


def again(store, backup):
    """A Backup after each object of it was looked at directly; what differs from what was found before is a doubt."""
    place = keys.Place(backup.directory, backup.system, backup.database, backup.id, keys.MANIFEST)
    seen = _seen(_Looked(store, backup.directory, None, []), place)
    if (seen.state, seen.authentic) == (backup.state, backup.authentic):
        return backup
    return backup._replace(
        state=seen.state,
        note=seen.note,
        authentic=seen.authentic,
        doubt=f"by the listing it is {backup.state}, looked at directly it is {seen.state}",
    )


class _Looked:
    """One backup's objects: as they were listed, unless that says that something is missing."""

    def __init__(self, store, directory, sizes, doubts):
        """:arg sizes: bytes by name as listed, or None for no listing; :arg doubts: gets what the listing says wrongly."""
        self.store, self.directory, self.sizes, self.doubts = store, directory, sizes, doubts

    def find(self, name):
        content = self.store.find(self.directory + name)
        if self.sizes is not None and (content is not None) != (name in self.sizes):
            said, found = ("left out", "there") if content is not None else ("shows", "not there")
            self.doubts.append(f"the listing {said} {name}, which is {found}")
        return content

    def missing(self, document):
        """What of the manifest's objects is not there in its size: messages."""
        for entry in manifest.missing_objects(document, self.sizes or {}):
            name, listed = entry["name"], (self.sizes or {}).get(entry["name"], "no")
            found = self.store.size(self.directory + name)
            if found != entry["size"]:
                yield f"{name} has {'no' if found is None else found} bytes, expected {entry['size']}"
            elif self.sizes is not None:
                self.doubts.append(f"the listing has {listed} bytes of {name}, which has {found}")


def _proven(verdict):
    return verdict.get("result") == "good" or bool(verdict.get("was_verified"))


class _Seen(NamedTuple):
    """proven: whether a drill once restored it; the others as of Backup."""

    state: str
    note: str | None
    proven: bool
    authentic: bool | None = None
    recipients: tuple[str, ...] = ()


def _seen(looked, place):
    content = looked.find(keys.MANIFEST)
    found = looked.find(keys.VERIFIED)
    verdict = (manifest.decode_verdict(found) if found else None) or {}
    if content is None:
        # It may be there all the same: one answer said that it is not.
        return _Seen("orphan", "no manifest", _proven(verdict))
    try:
        document = manifest.decode(content, place)
    except manifest.Unreadable as reason:
        return _Seen("unreadable", str(reason), False)
    # A verdict about another manifest says nothing about this one.
    if verdict.get("manifest_sha256") != manifest.digest(content):
        verdict = {}
    proven, key, notes = _proven(verdict), looked.store.seal, []
    authentic = manifest.is_authentic(document, key)
    if authentic is False:
        notes.append("its signature does not fit" if document.get("mac") else "without a signature")
    # Whoever has the bucket could call a bad one good, or a good one damaged.
    elif verdict and manifest.is_authentic(verdict, key) is False:
        verdict = {}
        notes.append("its verdict is not authentic and counts for nothing")
    missing = list(islice(looked.missing(document), _NAMED))
    omitted = manifest.omitted(document)
    if missing:
        state, notes = "damaged", [*missing, *notes]
    elif verdict and verdict.get("result") != "good":
        state, notes = "damaged", [verdict.get("problem") or "found by an earlier check", *notes]
    else:
        state = "verified" if verdict else "good"
        notes += [f"without {'; '.join(omitted)}"] if omitted else []
    recipients = document["encryption"].get("recipients")
    recipients = tuple(map(str, recipients)) if isinstance(recipients, list) else ()
    return _Seen(state, "; ".join(notes) or None, proven, authentic, recipients)
