# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rotations noted about the backups of one database, in an object beside them.

It delays a deletion and never is the reason for one: without it, a rotation deletes less.
"""

from __future__ import annotations

from collections import namedtuple

from . import keys, manifest

# verified: ids of backups that were restored in a drill at some time.
# going: moment by id, at which a rotation first found that no rule keeps a verified one.
# content: as it was read.
Index = namedtuple("Index", "verified going content")
NOTHING = Index(frozenset(), {}, None)


def read(store, directory):
    """The Index of a database; what is not one, or another database's, says nothing."""
    content = store.find(directory + keys.INDEX)
    try:
        return NOTHING if content is None else _decoded(content, directory)
    except (manifest.Unreadable, AttributeError, KeyError, TypeError, ValueError):
        return NOTHING


def _decoded(content, directory):
    document = manifest.unsealed(content)
    if document["directory"] != directory:
        return NOTHING
    going = {name: manifest.moment(text) for name, text in document["going"].items()}
    return Index(frozenset(document["verified"]), going, content)


def write(store, directory, index):
    """Writes an Index where it says something else than before."""
    document = {
        "format": manifest.FORMAT,
        "directory": directory,
        "verified": sorted(index.verified),
        "going": {name: manifest.stamp(moment) for name, moment in index.going.items()},
    }
    content = manifest.seal(document, store.seal)
    if content != index.content and (index.content or index.verified):
        store.put(directory + keys.INDEX, content)
