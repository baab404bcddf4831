# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster at a glance: one row for each member, from what discovery and the lag check found."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._text_table import text_table

UNKNOWN = "?"


def rows(members, topology, answers, lag):
    """One dict for each member, in inventory order, every value as a machine would want it (None where unknown).

    :arg members: list of dicts as given by ``members.members_of``.
    :arg topology: decision of ``topology.decide``.
    :arg answers: mapping of member name to its discovery answer.
    :arg lag: mapping of standby name to its lag: ``sync_state``, ``replay_bytes`` (bytes) and ``seconds``.
    """
    primary = answers.get(topology["primary"]) or {}
    slots = {slot["name"]: slot for slot in primary.get("slots") or []}
    return [
        _row(member, topology["roles"][member["name"]], answers.get(member["name"]) or {}, lag, slots)
        for member in members
    ]


def _row(member, role, answer, lag, slots):
    behind = lag.get(member["name"]) or {}
    slot = slots.get(member["slot"])
    is_primary = role == "primary"
    return {
        "member": member["name"],
        "machine": member["machine"],
        "port": member["port"],
        "role": role,
        "state": answer.get("state") or "unreachable",
        "timeline": answer.get("timeline"),
        "sync_state": None if is_primary else behind.get("sync_state"),
        "streaming": None if is_primary else behind.get("state") == "streaming",
        "lag_bytes": None if is_primary else behind.get("replay_bytes"),
        "lag_seconds": None if is_primary else behind.get("seconds"),
        "slot": None if is_primary or slot is None else slot["name"],
        "slot_active": None if is_primary or slot is None else slot["active"],
        "slot_wal_status": None if is_primary or slot is None else slot.get("wal_status"),
    }


def table(status):
    """The rows as text in columns, for people."""
    lines = [("MEMBER", "MACHINE:PORT", "ROLE", "STATE", "SYNC", "LAG", "SLOT")]
    lines += [
        (
            row["member"],
            f"{row['machine']}:{row['port']}",
            row["role"],
            row["state"],
            "-" if row["role"] == "primary" else row["sync_state"] or UNKNOWN,
            "-" if row["role"] == "primary" else _lag(row),
            "-" if row["role"] == "primary" else _slot(row),
        )
        for row in status
    ]
    return text_table(lines)


def _lag(row):
    if row["lag_bytes"] is None:
        return "missing" if not row["streaming"] else UNKNOWN
    seconds = UNKNOWN if row["lag_seconds"] is None else f"{row['lag_seconds']:.1f}"
    return f"{row['lag_bytes']} B, {seconds} s"


def _slot(row):
    if row["slot"] is None:
        return "missing"
    return f"{row['slot']} ({'active' if row['slot_active'] else 'inactive'}, {row['slot_wal_status'] or UNKNOWN})"
