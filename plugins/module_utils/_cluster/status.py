# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster at a glance: one row for each member, from what discovery and the lag check found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.following import Following, Verdict
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import (
    Instances,
    Topology,
    TopologyRole,
)
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance, InstanceState
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import SlotState
from ansible_collections.plannerate.infra.plugins.module_utils._replication.lag import Lag
from ansible_collections.plannerate.infra.plugins.module_utils._text_table import text_table

UNKNOWN = "?"


class StatusRow(TypedDict):
    """A member for machines, None where unknown. What is about following, lag and slots is None of the primary.

    ``verdict`` and ``reason`` as in C(_cluster/following.py).
    """

    member: str
    machine: str
    port: int
    role: TopologyRole
    state: InstanceState
    timeline: int | None
    verdict: Verdict | None
    reason: str | None
    sync_state: str | None
    streaming: bool | None
    lag_bytes: int | None
    lag_seconds: float | None
    slot: str | None
    slot_active: bool | None
    slot_wal_status: str | None


def rows(
    members: Sequence[Member], topology: Topology, instances: Instances, lag: Mapping[str, Lag]
) -> list[StatusRow]:
    """One for each member, in inventory order.

    :arg lag: by standby name.
    """
    primary = instances.get(topology["primary"]) if topology["primary"] else None
    slots = {slot["name"]: slot for slot in (primary and primary.get("slots")) or []}
    return [
        _row(
            member,
            topology["roles"][member["name"]],
            topology["following"].get(member["name"]),
            instances.get(member["name"]),
            lag.get(member["name"]),
            slots.get(member["slot"]),
        )
        for member in members
    ]


def _row(
    member: Member,
    role: TopologyRole,
    following: Following | None,
    instance: Instance | None,
    lag: Lag | None,
    slot: SlotState | None,
) -> StatusRow:
    is_primary = role == "primary"
    if is_primary:
        lag = slot = None
    return {
        "member": member["name"],
        "machine": member["machine"],
        "port": member["port"],
        "role": role,
        "state": instance["state"] if instance else "unreachable",
        "timeline": instance["timeline"] if instance else None,
        "verdict": following["verdict"] if following else None,
        "reason": following["reason"] if following else None,
        "sync_state": lag["sync_state"] if lag else None,
        "streaming": None if is_primary else bool(following and following["follows"]),
        "lag_bytes": lag["replay_bytes"] if lag else None,
        "lag_seconds": lag["seconds"] if lag else None,
        "slot": slot["name"] if slot else None,
        "slot_active": slot["active"] if slot else None,
        "slot_wal_status": slot["wal_status"] if slot else None,
    }


def table(status: Sequence[StatusRow]) -> str:
    """The rows as text in columns, for people, and a line for each member that does not follow."""
    lines = [("MEMBER", "MACHINE:PORT", "ROLE", "STATE", "SYNC", "LAG", "SLOT")]
    lines += [
        (
            row["member"],
            f"{row['machine']}:{row['port']}",
            row["role"],
            _state(row),
            "-" if row["role"] == "primary" else row["sync_state"] or UNKNOWN,
            "-" if row["role"] == "primary" else _lag(row),
            "-" if row["role"] == "primary" else _slot(row),
        )
        for row in status
    ]
    behind = [
        f"{row['member']} does not follow: {row['reason']}. The rejoin playbook makes it follow"
        for row in status
        if row["verdict"] not in (None, "follows", "unknown")
    ]
    return "\n".join([text_table(lines), *behind])


def _state(row: StatusRow) -> str:
    """What it is, and why it does not follow, where that is known by more than its being stopped."""
    hidden = (None, "follows", "not running", "unknown")
    return row["state"] if row["verdict"] in hidden else f"{row['state']}, {row['verdict']}"


def _lag(row: StatusRow) -> str:
    if row["lag_bytes"] is None:
        return "missing" if not row["streaming"] else UNKNOWN
    seconds = UNKNOWN if row["lag_seconds"] is None else f"{row['lag_seconds']:.1f}"
    return f"{row['lag_bytes']} B, {seconds} s"


def _slot(row: StatusRow) -> str:
    if row["slot"] is None:
        return "missing"
    return f"{row['slot']} ({'active' if row['slot_active'] else 'inactive'}, {row['slot_wal_status'] or UNKNOWN})"
