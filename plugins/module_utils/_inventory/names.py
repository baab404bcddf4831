# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of databases and their owners that would break, or take the place of, what the collection makes itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,63}")
# An owner's name becomes that of its secret, too.
_OWNER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_DATABASES = ("postgres", "template0", "template1", "pgbouncer")
_ROLES = ("postgres", "public", "none", "pgbouncer")
# Roles of the collection, by the option that names each, with its default.
_OWN_ROLES = {
    "postgres_replication_user": "replicator",
    "postgres_client_role": "clients",
    "postgres_pooler_role": "pgbouncer_auth",
    "pgbouncer_admin_user": "pgbouncer_admin",
    "pgbouncer_stats_user": "pgbouncer_stats",
    "monitoring_postgres_user": "monitoring",
}


def problems(variables: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the names in ``postgres_primary_databases``, each as one sentence."""
    databases = variables.get("postgres_primary_databases")
    entries = [entry for entry in databases if isinstance(entry, dict)] if isinstance(databases, list) else []
    taken = {str(variables.get(option, default)): option for option, default in _OWN_ROLES.items()}
    secrets: dict[str, str] = {}
    for number, entry in enumerate(entries):
        name, owner = str(entry.get("name", "")), str(entry.get("owner", ""))
        where = f"postgres_primary_databases: {name}"
        if not _DATABASE.fullmatch(name) or name in _DATABASES:
            yield f"{where}: that is no name for a database here, expected letters, digits, _ and - and none of {', '.join(_DATABASES)}"
        if name in [other.get("name") for other in entries[:number]]:
            yield f"{where}: is there twice, expected one entry for each database. Remove one"
        if "owner" not in entry:
            continue
        if not _OWNER.fullmatch(owner) or owner in _ROLES or owner.startswith(("pg_", "backup_")):
            yield (
                f"{where}: owner is {owner}, expected a role of its own, of letters, digits and _, not {', '.join(_ROLES)}, pg_… or "
                f"backup_…. Write, for instance: owner: {re.sub('[^a-z0-9_]', '_', name.lower())}_owner"
            )
        elif owner in taken:
            yield f"{where}: owner is {owner}, which is the role of {taken[owner]}. Name another owner"
        other = secrets.setdefault(owner.upper(), owner)
        if other != owner:
            yield f"{where}: owner is {owner}, and another one {other}: both would have one password. Name another owner"
