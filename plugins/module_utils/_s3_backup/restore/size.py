# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a backup needs once it is restored. Pure."""

from __future__ import annotations

# Of the plain dump, where an earlier release did not write down the database's size: indexes are not in the dump.
_GUESS = 2


def unpacked_bytes(document):
    """Of the dump as pg_restore reads it."""
    return sum(entry["plain_size"] for entry in document["objects"])


def database_bytes(document):
    return document.get("database_bytes") or _GUESS * unpacked_bytes(document)
