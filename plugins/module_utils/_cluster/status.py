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

# What to do about a member that does not follow.
_REMEDIES: dict[Verdict, str] = {
    "detached": "The failover playbook again finishes what was begun; where it refuses, the rejoin playbook attaches it",
    "diverged": "The rejoin playbook makes it a standby again",
    "elsewhere": "The rejoin playbook makes it follow",
    "not streaming": "Its log says why; the rejoin playbook makes it follow",
    "not running": "Start it, or run the rejoin playbook",
    "unknown": "Bring it back, then look again",
}


class StatusRow(TypedDict):
    """A member for machines, None where unknown. What is about following, lag and slots is None of the primary.

    ``role`` is what the member is to be, or, where nobody can say who the primary is, what it says itself. ``verdict`` and ``reason`` as
    in C(_cluster/following.py), which also says whether it streams. A place on a diverged timeline is no lag: it is unknown.
    ``orphan_slots`` are those on it that keep WAL for none of the others.
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
    orphan_slots: list[SlotState]


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
            _role(member["name"], topology, instances),
            topology["following"].get(member["name"]),
            instances.get(member["name"]),
            lag.get(member["name"]),
            slots.get(member["slot"]),
            _orphans(member["name"], members, topology, instances),
        )
        for member in members
    ]


def _role(name: str, topology: Topology, instances: Instances) -> TopologyRole:
    instance = None if topology["primary"] else instances.get(name)
    return (instance["role"] if instance else None) or topology["roles"][name]


def _orphans(name: str, members: Sequence[Member], topology: Topology, instances: Instances) -> list[SlotState]:
    """Physical slots on a member that nobody streams from, though they keep WAL. The primary has one for each other member, a standby
    none; where nobody can say who the primary is, nobody can say whose slots are needed either.
    """
    instance = instances.get(name)
    if not topology["primary"] or not instance:
        return []
    needed = [member["slot"] for member in members if name == topology["primary"] != member["name"]]
    slots = instance.get("slots") or []
    return [slot for slot in slots if slot["type"] == "physical" and not slot["active"] and slot["name"] not in needed]


def _row(
    member: Member,
    role: TopologyRole,
    following: Following | None,
    instance: Instance | None,
    lag: Lag | None,
    slot: SlotState | None,
    orphans: list[SlotState],
) -> StatusRow:
    is_primary = role == "primary"
    if is_primary:
        lag = slot = None
    comparable = None if following and following["verdict"] == "diverged" else lag
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
        "lag_bytes": comparable["replay_bytes"] if comparable else None,
        "lag_seconds": comparable["seconds"] if comparable else None,
        "slot": slot["name"] if slot else None,
        "slot_active": slot["active"] if slot else None,
        "slot_wal_status": slot["wal_status"] if slot else None,
        "orphan_slots": orphans,
    }


def table(status: Sequence[StatusRow]) -> str:
    """The rows as text in columns, for people, and a line for each member that does not follow and each orphan slot."""
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
        f"{row['member']} does not follow: {row['reason']}. {_remedy(row['verdict'], row['role'])}"
        for row in status
        if row["verdict"] and row["verdict"] != "follows"
    ]
    orphans = [
        f"{slot['name']} on {row['member']} is a slot of no member that follows it, and keeps WAL ({slot['wal_status'] or UNKNOWN}). "
        f"If nobody else needs it: SELECT pg_drop_replication_slot('{slot['name']}') on port {row['port']}"
        for row in status
        for slot in row["orphan_slots"]
    ]
    return "\n".join([text_table(lines), *behind, *orphans])


def _remedy(verdict: Verdict, role: TopologyRole) -> str:
    # A former primary, or a standby that may hold what the primary does not have, is not to be started as it is.
    is_aside = verdict == "not running" and role == "aside"
    return _REMEDIES["diverged" if is_aside else verdict]


def _state(row: StatusRow) -> str:
    """Why it does not follow, which goes without saying where it does not run."""
    if row["verdict"] in (None, "follows", "not running", "unknown"):
        return row["state"]
    return row["verdict"] if row["state"] == "running" else f"{row['state']}, {row['verdict']}"


def _lag(row: StatusRow) -> str:
    if row["lag_bytes"] is None:
        return UNKNOWN if row["streaming"] or row["verdict"] == "diverged" else "missing"
    seconds = UNKNOWN if row["lag_seconds"] is None else f"{row['lag_seconds']:.1f}"
    return f"{row['lag_bytes']} B, {seconds} s"


def _slot(row: StatusRow) -> str:
    if row["slot"] is None:
        return "missing"
    return f"{'active' if row['slot_active'] else 'inactive'}, {row['slot_wal_status'] or UNKNOWN}"
