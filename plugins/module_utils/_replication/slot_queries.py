# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements about replication slots, for PostgreSQL 13 to 18. Pure."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._replication.slot_plan import ListedSlot, Slot

SERVER = """SELECT current_setting('server_version_num')::int / 10000 AS version, pg_is_in_recovery() AS in_recovery,
    current_setting('max_replication_slots')::int AS max_replication_slots"""

# The columns that a release does not have yet read as unknown.
_SINCE = {
    "two_phase": (14, "two_phase"),
    "inactive_seconds": (17, "extract(epoch FROM clock_timestamp() - inactive_since)::float8"),
    "invalidation_reason": (17, "invalidation_reason"),
    "failover": (17, "failover"),
    "synced": (17, "synced"),
}


def slots_query(version: int) -> str:
    """All slots, or with an argument ``name`` that is not None that one alone."""
    gated = [f"{sql if version >= since else 'NULL'} AS {name}" for name, (since, sql) in _SINCE.items()]
    return f"""SELECT slot_name AS name, slot_type AS type, plugin, database, temporary, active, wal_status,
        restart_lsn::text AS restart_lsn, {", ".join(gated)},
        pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
            restart_lsn)::bigint AS retained_bytes
    FROM pg_replication_slots WHERE %(name)s IS NULL OR slot_name = %(name)s ORDER BY slot_name"""


def drop(slot: Slot) -> str:
    return f"SELECT pg_drop_replication_slot({_literal(slot['name'])})"


def create(slot: ListedSlot, version: int) -> str:
    name = _literal(slot["name"])
    if slot["type"] == "physical":
        reserve = "true" if slot["immediately_reserve"] else "false"
        return f"SELECT pg_create_physical_replication_slot({name}, {reserve})"
    # A third argument, false: not temporary. The fourth came with PostgreSQL 14.
    two_phase = f", {'true' if slot['two_phase'] else 'false'}" if version >= 14 else ""
    return f"SELECT pg_create_logical_replication_slot({name}, {_literal(slot['plugin'] or '')}, false{two_phase})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
