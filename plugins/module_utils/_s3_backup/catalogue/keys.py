# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a backup stands: ``<prefix>/<system identifier>/<database>/<timestamp>-<id>/<object>``. Pure."""

from __future__ import annotations

import re
from collections import namedtuple
from datetime import datetime, timezone
from functools import lru_cache
from urllib.parse import quote, unquote

from ..errors import UsageError

MANIFEST = "manifest.json"
VERIFIED = "verified.json"
GUIDE = "RESTORE.md"
# Of a database's directory, beside its backups.
INDEX = "index.json"

_STAMP = "%Y%m%dT%H%M%SZ"
_BACKUP_ID = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}")
_SYSTEM = re.compile(r"\d{1,20}")

# directory ends in "/", name is what follows it.
Place = namedtuple("Place", "directory system database backup name")


@lru_cache(maxsize=16)
def root(prefix):
    """The prefix as it begins every key. Without the slash at its end, ``app`` would also match ``app_test``.

    :raises UsageError: for a prefix that is empty or has an empty or relative part.
    """
    parts = (prefix or "").strip().rstrip("/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise UsageError(
            f"prefix {prefix!r}: expected names separated by single slashes, as in 'production'; without a prefix every "
            "object of the bucket would be taken for a backup"
        )
    return "/".join(parts) + "/"


def database_directory(prefix, system, database):
    return f"{root(prefix)}{system}/{quote(database, safe='')}/"


def backup_directory(prefix, system, database, backup):
    return f"{database_directory(prefix, system, database)}{backup}/"


def backup_id(moment, token):
    """:arg moment: aware datetime; :arg token: eight hexadecimal digits that nobody else has."""
    return f"{moment.astimezone(timezone.utc).strftime(_STAMP)}-{token}"


# All objects of a backup come one after the other.
@lru_cache(maxsize=16)
def moment_of(backup):
    """When a backup was begun, from its id; None when that is no id."""
    match = _BACKUP_ID.fullmatch(backup)
    if not match:
        return None
    try:
        return datetime.strptime(match.group(1), _STAMP).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def place_of(prefix, key):
    """The Place of a key, or None for an object that belongs to no backup."""
    begin = root(prefix)
    if not key.startswith(begin):
        return None
    parts = key[len(begin) :].split("/", 3)
    if len(parts) < 4 or not parts[3] or not _SYSTEM.fullmatch(parts[0]) or moment_of(parts[2]) is None:
        return None
    directory = key[: len(key) - len(parts[3])]
    return Place(directory, parts[0], unquote(parts[1]), parts[2], parts[3])
