# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rotations noted about the backups of one database, in an object beside them.

It delays a deletion and never is the reason for one: without it, a rotation deletes less. And it spares reading what was read before,
as long as the listing shows the same objects with the same contents.
"""

from __future__ import annotations

from collections import namedtuple

from . import keys, manifest

# verified: ids of backups that were restored in a drill at some time.
# going: moment by id, at which a rotation first found that no rule keeps a verified one.
# content: as it was read.
# known: by id, what was found of a restorable one when its objects were looked at, as listing.py writes it.
Index = namedtuple("Index", "verified going content known", defaults=({},))
NOTHING = Index(frozenset(), {}, None)


def read(store, directory):
    """The Index of a database; what is not one, or another database's, says nothing."""
    content = store.find(directory + keys.INDEX)
    try:
        return NOTHING if content is None else _decoded(content, directory, store.seal)
    except (manifest.Unreadable, AttributeError, KeyError, TypeError, ValueError):
        return NOTHING


def _decoded(content, directory, seal):
    document = manifest.unsealed(content)
    # Whoever has the bucket alone cannot say what is in it.
    if document["directory"] != directory or manifest.is_authentic(document, seal) is False:
        return NOTHING
    going = {name: manifest.moment(text) for name, text in document["going"].items()}
    # Found with a key, it says more than without.
    known = document.get("known", {}) if ("mac" in document) == bool(seal) else {}
    return Index(frozenset(document["verified"]), going, content, known)


def write(store, directory, index):
    """Writes an Index where it says something else than before."""
    document = {
        "format": manifest.FORMAT,
        "directory": directory,
        "verified": sorted(index.verified),
        "going": {name: manifest.stamp(moment) for name, moment in index.going.items()},
        "known": index.known,
    }
    content = manifest.seal(document, store.seal, indent=None)
    if content != index.content and (index.content or index.verified or index.known):
        store.put(directory + keys.INDEX, content)
