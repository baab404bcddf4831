# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of what all environments share one of them may take: server connections by its role, clients by PgBouncer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import (
    Defaults,
    Environment,
    Pool,
    Room,
    version_tuple,
)

# The first release that counts the clients of a user.
CLIENT_LIMITS_SINCE = (1, 24)
# Clients that belong to no environment: the console's, and those that log in at the moment.
OTHER_CLIENTS = 50


class OwnerLimits(TypedDict):
    # Connections to one server by the owner's name.
    connections: dict[str, int]
    errors: list[str]


def owner_limits(databases: Sequence[Mapping[str, Any]], pools: Sequence[Pool], room: Room) -> OwnerLimits:
    """What each owner of this inventory's databases may have of a server.

    A database's pools, on each PgBouncer, may all lead to one server, since any member can become the primary. Beside them the owner gets
    a few connections for itself. Owners without a pool share what the pools leave.

    :arg databases: each with ``name``, ``owner`` and, where the inventory decides it, ``connections``.
    :arg pools: as given by :func:`.pools.pools`.
    """
    poolers, direct = int(room["poolers"]), int(room["direct"])
    sizes = {database["name"]: poolers * _pooled(pools, database["name"]) for database in databases}
    unpooled = [
        database for database in databases if not sizes[database["name"]] and database.get("connections") is None
    ]
    left = int(room["max_connections"]) - int(room["reserved"]) - poolers * sum(pool["size"] for pool in pools)
    share = max(direct, left // max(1, len(unpooled)), 1)
    found: OwnerLimits = {"connections": {}, "errors": []}
    for database in databases:
        name, owner, pooled = database["name"], database["owner"], sizes[database["name"]]
        given = database.get("connections")
        if given is not None:
            # What the others' pools take stays theirs; the direct connections are of the reserve.
            others = poolers * sum(1 if pool["database"] == name else pool["size"] for pool in pools)
            available = int(room["max_connections"]) - int(room["reserved"]) - others + direct
            found["errors"] += _given_problems(name, given, max(1, pooled), available)
        wanted = _number(given) if given is not None else pooled + direct if pooled else share
        found["connections"][owner] = found["connections"].get(owner, 0) + (wanted or 0)
    return found


def _pooled(pools: Iterable[Pool], database: str) -> int:
    """Server connections that the clients of a database's pools may take; those that look passwords up are another role's."""
    return sum(pool["pool_size"] for pool in pools if pool["database"] == database)


def _given_problems(name: str, given: object, least: int, most: int) -> Iterable[str]:
    if _number(given) is None:
        yield f"postgres_primary_databases: {name}: connections is {given!r}, expected an integer"
    elif int(str(given)) < least:
        yield (
            f"postgres_primary_databases: {name}: connections is {given}, expected at least {least}, which its pools take "
            "(pgbouncer_environments): their clients would fail. Raise it, make the pools smaller, or leave connections out"
        )
    elif int(str(given)) > max(least, most):
        yield (
            f"postgres_primary_databases: {name}: connections is {given}, expected at most {max(least, most)}, which "
            "postgres_max_connections leaves beside pgbouncer_reserved_connections and the pools of other databases. Lower it, or raise "
            "postgres_max_connections"
        )


def _number(value: object) -> int | None:
    return int(str(value)) if re.fullmatch(r"\d+", str(value)) else None


def client_limits(environments: Mapping[str, Environment], defaults: Defaults, room: Room) -> dict[str, int]:
    """Clients that each environment may have at the same time. What no environment names for itself is divided like the pools."""
    given = {name: int(entry["max_clients"]) for name, entry in environments.items() if "max_clients" in entry}
    sizes = {
        name: int(entry.get("pool_size", defaults["pool_size"]))
        for name, entry in environments.items()
        if name not in given
    }
    left = int(room["max_client_conn"]) - OTHER_CLIENTS - sum(given.values())
    return {name: given[name] if name in given else left * sizes[name] // sum(sizes.values()) for name in environments}


def client_problems(environments: Mapping[str, Environment], defaults: Defaults, room: Room) -> list[str]:
    """What contradicts the limits, as far as the inventory names any or has no room for them."""
    limits = client_limits(environments, defaults, room)
    available = int(room["max_client_conn"]) - OTHER_CLIENTS
    if sum(limits.values()) <= available and min(limits.values(), default=1) >= 1:
        return []
    listed = ", ".join(
        f"{name} {entry['max_clients']}" for name, entry in environments.items() if "max_clients" in entry
    )
    return [
        f"the environments' max_clients ({listed or 'none given'}) leave too few of {available} clients for each to have some: "
        f"pgbouncer_max_client_conn {room['max_client_conn']} less {OTHER_CLIENTS}. Lower max_clients, or raise pgbouncer_max_client_conn"
    ]


def has_client_limits(version: str | None) -> bool:
    return bool(version) and version_tuple(str(version)) >= CLIENT_LIMITS_SINCE
