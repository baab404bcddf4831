# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another machine did to the bucket, told there to the one that writes, which publishes it with its own metrics."""

from __future__ import annotations

from . import keys, manifest

ROTATION, COPY = "rotation.json", "copy.json"


def write(store, prefix, name, databases, now):
    """:arg databases: what is told of each, by its name."""
    document = {
        "format": manifest.FORMAT,
        "prefix": keys.root(prefix),
        "made": manifest.stamp(now),
        "databases": databases,
    }
    store.put(keys.root(prefix) + name, manifest.seal(document, store.seal))


def read(store, prefix, name):
    """(moment or None, what is told of each database by its name); nothing where there is none, or it is of somebody else."""
    content = store.find(keys.root(prefix) + name)
    try:
        document = manifest.unsealed(content) if content else {}
        if document.get("prefix") == keys.root(prefix) and manifest.is_authentic(document, store.seal) is not False:
            return manifest.moment(document["made"]), dict(document["databases"])
    except (manifest.Unreadable, KeyError, TypeError, ValueError):
        pass
    return None, {}
