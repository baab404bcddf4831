# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer's pools as a table for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.console import records, sections
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import ADMIN_DATABASE
from ansible_collections.plannerate.infra.plugins.module_utils._text_table import text_table


class PoolOverview(TypedDict):
    pool: str
    user: str
    target: str
    mode: str
    clients_allowed: int | None
    clients_active: int
    clients_waiting: int
    longest_wait_seconds: float
    servers_active: int
    servers_idle: int
    servers_allowed: int
    transactions: int
    average_transaction_ms: float


def overview(text: str) -> list[PoolOverview]:
    """One row for each pool of ``SHOW POOLS``, with what ``SHOW STATS`` and ``SHOW DATABASES`` say about its database, and
    ``SHOW USERS`` about its user, who may have that many clients in all pools together.

    :arg text: the answers as CSV, under the headings ``== pools``, ``== stats``, ``== databases`` and ``== users``.
    """
    answers = sections(text)
    stats = {row["database"]: row for row in records(answers["stats"])}
    databases = {row["name"]: row for row in records(answers["databases"])}
    rows = [row for row in records(answers["pools"]) if row["database"] != ADMIN_DATABASE]
    users = {row["name"]: row for row in records(answers.get("users", []))}
    used = {row["database"] for row in rows}
    idle = [{"database": name} for name in databases if name != ADMIN_DATABASE and name not in used]
    return [
        _overview(row, databases[row["database"]], stats.get(row["database"], {}), users.get(row.get("user", ""), {}))
        for row in rows + idle
    ]


def _overview(
    pool: Mapping[str, str], database: Mapping[str, str], stats: Mapping[str, str], user: Mapping[str, str]
) -> PoolOverview:
    """One row; a pool that nobody used since PgBouncer started has no user yet."""

    def number(row: Mapping[str, str], *keys: str) -> int:
        return sum(int(row.get(key) or 0) for key in keys)

    return {
        "pool": pool["database"],
        "user": pool.get("user", "-"),
        "target": f"{database['host']}:{database['port']}",
        "mode": pool.get("pool_mode") or database["pool_mode"],
        # Without a limit, or before PgBouncer 1.24: none.
        "clients_allowed": number(user, "max_user_client_connections") or None,
        "clients_active": number(pool, "cl_active"),
        "clients_waiting": number(pool, "cl_waiting"),
        "longest_wait_seconds": round(number(pool, "maxwait") + number(pool, "maxwait_us") / 1e6, 1),
        "servers_active": number(pool, "sv_active"),
        "servers_idle": number(pool, "sv_idle", "sv_used", "sv_tested", "sv_login"),
        "servers_allowed": number(database, "max_connections"),
        "transactions": number(stats, "total_xact_count"),
        "average_transaction_ms": round(number(stats, "avg_xact_time") / 1000, 2),
    }


_COLUMNS = (
    ("POOL", "pool"),
    ("USER", "user"),
    ("TARGET", "target"),
    ("MODE", "mode"),
    ("MAX", "clients_allowed"),
    ("CLIENTS", "clients_active"),
    ("WAITING", "clients_waiting"),
    ("MAXWAIT s", "longest_wait_seconds"),
    ("SERVERS", "servers_active"),
    ("IDLE", "servers_idle"),
    ("OF", "servers_allowed"),
    ("XACTS", "transactions"),
    ("AVG ms", "average_transaction_ms"),
)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """The rows of :func:`overview` as text."""
    lines = [[head for head, _key in _COLUMNS]] + [
        ["-" if row[key] is None else str(row[key]) for _head, key in _COLUMNS] for row in rows
    ]
    return text_table(lines)
