# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found before a patch is planned: on each machine, and of the cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, cast

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances, Topology
    from ansible_collections.plannerate.infra.plugins.module_utils._machine.updates import Update


class Found(TypedDict):
    """What M(plannerate.infra.machine_updates) answered on a machine."""

    updates: list[Update]
    waiting: list[dict[str, Any]]
    outdated_services: list[str]
    reboot: list[str]
    interrupted: bool


class Groups(TypedDict):
    """Machines by what they are for."""

    poolers: Sequence[str]
    docker_hosts: Sequence[str]
    monitoring: Sequence[str]


class Cluster:
    """The PostgreSQL cluster as discovery found it. Without members, nothing is said of one."""

    def __init__(self, members: Sequence[Member], topology: Topology | None, answers: Instances) -> None:
        self.members, self.topology, self.answers = members, topology, answers
        self.primary = topology["primary"] if topology else None

    def members_on(self, machine: str) -> list[Member]:
        return [member for member in self.members if member["machine"] == machine]

    def primary_is_on(self, machine: str) -> bool:
        return bool(self.primary) and any(member["name"] == self.primary for member in self.members_on(machine))

    def followers(self, without: str = "") -> list[str]:
        """The members that follow the primary, but for those of a machine."""
        follows = self.topology["following"] if self.topology else {}
        return [
            member["name"]
            for member in self.members
            if member["machine"] != without and member["name"] in follows and follows[member["name"]]["follows"]
        ]

    def topology_without(self, machine: str) -> Topology:
        """The topology as if a machine had no members that follow."""
        topology = cast("Topology", self.topology)
        stay = self.followers(machine)
        following = {name: found for name, found in topology["following"].items() if name in stay}
        return cast("Topology", {**topology, "following": following})

    def setting(self, name: str) -> str:
        """What the primary runs with."""
        answer: Mapping[str, Any] = self.answers.get(self.primary or "") or {}
        return (answer.get("settings") or {}).get(name) or ""

    def pending(self, name: str) -> list[str]:
        """Settings that a member gets only by a restart."""
        answer = self.answers.get(name)
        return list((answer and answer["pending_restart"]) or ())

    def problems(self) -> list[str]:
        """Members that do not follow the primary, or have no data yet."""
        if not self.members:
            return []
        if not self.topology or not self.primary:
            return ["No member is the primary"]
        return [
            f"{name} does not follow {self.primary} ({found['reason']})"
            for name, found in self.topology["following"].items()
            if not found["follows"]
        ]
