# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer's pools as the inventory wants them, and what contradicts them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

POOL_MODES = ("transaction", "session")
# The first release that keeps protocol-level prepared statements apart in transaction pooling.
PREPARED_SINCE = (1, 21)
READ_ONLY_SUFFIX = "_ro"
SESSION_SUFFIX = "_session"
ADMIN_DATABASE = "pgbouncer"
# Connections that a member needs beside its clients: 3 are kept for superusers, and exporter, replica agent, a dump and a converge
# take two or three each.
ADMINISTRATION = 10

_KEYS = (
    "database",
    "pool_mode",
    "pool_size",
    "pool_size_ro",
    "pool_size_session",
    "max_clients",
    "prepared_statements",
)
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DATABASE = re.compile(r"[A-Za-z0-9_]+")
_NAME_LENGTH = 63


# An environment as the inventory has it: ``database`` and, where they differ from the defaults, ``pool_mode``, ``pool_size``,
# ``pool_size_ro``, ``pool_size_session``, ``max_clients`` and ``prepared_statements``. Until :func:`problems` has found none, anything
# may stand there.
Environment = Mapping[str, Any]


class Defaults(TypedDict):
    """Of an environment that names none."""

    pool_mode: str
    pool_size: int
    pool_size_session: int


class Room(TypedDict):
    """What a member and PgBouncer have for everybody. ``reserved`` connections of a member are for no pool; of these, the owner of each
    environment's database may have ``direct``. Each of ``poolers``, PgBouncers, has all pools."""

    max_connections: int | str
    reserved: int | str
    direct: int | str
    max_client_conn: int | str
    poolers: int | str


class Pool(TypedDict):
    """``target`` is primary or replicas. ``size`` is the number of server connections in all.

    One of them is kept for PgBouncer to look up passwords, so ``pool_size`` is one less: with all of them in use by the clients,
    nobody new could log in.
    """

    environment: str
    name: str
    database: str
    target: str
    pool_mode: str
    size: int
    pool_size: int
    prepared_statements: bool


def pools(environments: Mapping[str, Environment], defaults: Defaults) -> list[Pool]:
    """The pools of each environment: its database on the primary, read only on the replicas, and on the primary for whole sessions.

    A session pool without connections is left out.
    """
    wanted: list[Pool] = []
    for environment, given in environments.items():
        database, mode = given["database"], given.get("pool_mode", defaults["pool_mode"])
        size = int(given.get("pool_size", defaults["pool_size"]))
        session_size = int(given.get("pool_size_session", defaults["pool_size_session"]))
        for target, name, connections, pool_mode in (
            ("primary", database, size, mode),
            ("replicas", database + READ_ONLY_SUFFIX, int(given.get("pool_size_ro", size)), mode),
            *([("primary", database + SESSION_SUFFIX, session_size, "session")] if session_size else []),
        ):
            wanted.append(
                {
                    "environment": environment,
                    "name": name,
                    "database": database,
                    "target": target,
                    "pool_mode": pool_mode,
                    "size": connections,
                    "pool_size": connections - 1,
                    "prepared_statements": bool(given.get("prepared_statements", True)),
                }
            )
    return wanted


def problems(environments: Mapping[str, Environment], environment: str, defaults: Defaults, room: Room) -> list[str]:
    """Every contradiction in the environments, each as one sentence with what was found and what to do."""
    contradictions = entry_problems(environments, defaults)
    if environment not in environments:
        contradictions.append(
            f"pgbouncer_environment is {environment!r}, expected one of pgbouncer_environments "
            f"({', '.join(environments) or 'none'})"
        )
    return contradictions or plan_problems(environments, defaults, room)


def plan_problems(environments: Mapping[str, Environment], defaults: Defaults, room: Room) -> list[str]:
    """The contradictions of the environments, whichever of them an inventory has. Without any, nothing is planned."""
    contradictions = entry_problems(environments, defaults) + _direct_problems(room)
    if contradictions or not environments:
        return contradictions
    wanted = pools(environments, defaults)
    return _name_problems(wanted) + _sum_problems(wanted, room) + _reserve_problems(environments, room)


def entry_problems(environments: Mapping[str, Environment], defaults: Defaults) -> list[str]:
    """The contradictions within single environments: with any of these, there are no pools to speak of."""
    return [text for name, given in environments.items() for text in _entry_problems(name, given, defaults)]


def _entry_problems(name: str, given: Environment, defaults: Defaults) -> list[str]:
    where = f"pgbouncer_environments: {name}"
    if not _FILE_NAME.fullmatch(str(name)):
        return [f"{where}: the name becomes a file name, expected a-z, 0-9, _ and - only"]
    # With its longest suffix, it still is a name that PgBouncer takes.
    session = given.get("pool_size_session", defaults["pool_size_session"]) if isinstance(given, dict) else 0
    longest = _NAME_LENGTH - len(READ_ONLY_SUFFIX if str(session) == "0" else SESSION_SUFFIX)
    database = str(given.get("database", "")) if isinstance(given, dict) else ""
    if not _DATABASE.fullmatch(database) or len(database) > longest:
        return [
            f"{where}: database is missing, is longer than {longest}, or has other characters than letters, digits and _"
        ]
    contradictions = []
    unknown = sorted(set(given) - set(_KEYS))
    if unknown:
        contradictions.append(f"{where}: {', '.join(unknown)} is not known, expected {', '.join(_KEYS)}")
    mode = given.get("pool_mode", defaults["pool_mode"])
    if mode not in POOL_MODES:
        contradictions.append(f"{where}: pool_mode is {mode!r}, expected {' or '.join(POOL_MODES)}")
    for key, value, least, other in (
        ("pool_size", given.get("pool_size", defaults["pool_size"]), 2, ""),
        ("pool_size_ro", given.get("pool_size_ro", defaults["pool_size"]), 2, ""),
        *([("pool_size_session", session, 2, ", or 0 for none")] if str(session) != "0" else []),
        ("max_clients", given.get("max_clients", 1), 1, ""),
    ):
        if not re.fullmatch(r"\d+", str(value)) or int(value) < least:
            contradictions.append(f"{where}: {key} is {value!r}, expected an integer of {least} or more{other}")
    return contradictions


def _name_problems(wanted: Sequence[Pool]) -> list[str]:
    owners, contradictions = {ADMIN_DATABASE: "PgBouncer itself"}, []
    for pool in wanted:
        other = owners.setdefault(pool["name"], pool["environment"])
        if other != pool["environment"]:
            contradictions.append(
                f"pgbouncer_environments: {pool['environment']}: a pool called {pool['name']} is already {other}'s, "
                f"expected one for each database, its read-only alias ({READ_ONLY_SUFFIX}) and its session pool ({SESSION_SUFFIX})"
            )
    return contradictions


def _sum_problems(wanted: Sequence[Pool], room: Room) -> list[str]:
    poolers = int(room["poolers"])
    total, available = (
        poolers * sum(pool["size"] for pool in wanted),
        int(room["max_connections"]) - int(room["reserved"]),
    )
    if total <= available:
        return []
    parts = ", ".join(f"{pool['name']} {pool['size']}" for pool in wanted)
    if poolers > 1:
        parts += f"; on each of {poolers} PgBouncers"
    return [
        f"the pools take {total} server connections ({parts}), but a member has {available}: postgres_max_connections "
        f"{room['max_connections']} less pgbouncer_reserved_connections {room['reserved']}. Make the pools smaller by "
        f"{total - available}{' in all' if poolers > 1 else ''}, or raise postgres_max_connections; pool_size_session: 0 "
        "leaves an environment's session pool out"
    ]


def _direct_problems(room: Room) -> list[str]:
    if re.fullmatch(r"\d+", str(room["direct"])):
        return []
    return [f"pgbouncer_direct_connections is {room['direct']!r}, expected an integer of 0 or more"]


def _reserve_problems(environments: Mapping[str, Environment], room: Room) -> list[str]:
    owners = len(environments) * int(room["direct"])
    needed = owners + ADMINISTRATION
    if int(room["reserved"]) >= needed:
        return []
    return [
        f"pgbouncer_reserved_connections is {room['reserved']}, expected at least {needed}: {ADMINISTRATION} for the superuser, "
        f"backups and exporters, and {room['direct']} (pgbouncer_direct_connections) for each of {len(environments)} owners. "
        "Raise it, with postgres_max_connections where the pools need that, or lower pgbouncer_direct_connections"
    ]


def version_problems(wanted: Sequence[Pool], version: str | None) -> list[str]:
    """Environments whose clients would break: prepared statements of one client are unknown to the next server connection."""
    if not version or version_tuple(version) >= PREPARED_SINCE:
        return []
    names = sorted(
        {pool["environment"] for pool in wanted if pool["prepared_statements"] and pool["pool_mode"] == "transaction"}
    )
    return [
        f"pgbouncer_environments: {name}: pool_mode transaction with prepared_statements needs PgBouncer "
        f"{'.'.join(map(str, PREPARED_SINCE))} or newer, found {version}. Either let the application emulate them "
        "(Laravel: PDO::ATTR_EMULATE_PREPARES => true in the connection's options) and set prepared_statements: false, or "
        "set pool_mode: session, or install a newer PgBouncer (postgres_package_source: pgdg)"
        for name in names
    ]


def version_tuple(version: str) -> tuple[int, ...]:
    """(1, 18) of '1.18.0'."""
    return tuple(int(part) for part in re.findall(r"\d+", str(version))[:2])
