# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a member that no inventory names any more leaves the cluster, and when that is refused. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances, Topology
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.names import SLOT_NAME, slot_name
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import (
    confirmations,
    listed,
    standby_names,
)
from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import Installed, InstalledMember


class Request(TypedDict):
    """What the operator and the inventory say.

    ``members``: those that the inventory names. ``data``: the member's name where its data may go, else nothing.
    """

    member: str
    owned: bool
    limited: bool
    members: Sequence[Mapping[str, Any]]
    sync_mode: str
    sync_count: int
    data: str


class Place(InstalledMember):
    """A member that was found, and its machine."""

    machine: str


class MemberPlan(TypedDict):
    """``place``: None where no machine has it any more. ``slot``: its slot's name. ``slot_on``: the members that have it.

    ``alone``: no member that the inventory names has its port on its machine. ``serves``: it answers there, and may have readers.
    """

    lines: list[str]
    problems: list[str]
    place: Place | None
    slot: str
    slot_on: list[str]
    alone: bool
    serves: bool


def place_of(member: str, machines: Mapping[str, Installed]) -> Place | None:
    """Where a member is, by its name."""
    for machine, has in machines.items():
        for found in has["members"]:
            if found["name"] == member:
                return {**found, "machine": machine}
    return None


def member_plan(
    request: Request,
    machines: Mapping[str, Installed],
    topology: Topology,
    answers: Instances,
    leaving: Instance | None = None,
) -> MemberPlan:
    """
    :arg topology: of the members that the inventory names, without the one that leaves.
    :arg leaving: what the member itself answered.
    """
    name = request["member"]
    place = place_of(name, machines)
    slot_on = [
        member
        for member, answer in answers.items()
        for slot in (answer and answer["slots"]) or []
        if slot["name"] == slot_name(name) and slot["type"] == "physical"
    ]
    neighbours = [member for member in request["members"] if place and member["machine"] == place["machine"]]
    alone = not [member for member in neighbours if place and member["port"] == place["port"]]
    plan: MemberPlan = {
        "lines": [],
        "problems": list(_problems(request, place, neighbours, topology, leaving)),
        "place": place,
        "slot": slot_name(name),
        "slot_on": slot_on,
        "alone": alone,
        "serves": alone and bool(leaving and leaving["state"] == "running"),
    }
    plan["lines"] = list(_lines(request, plan, topology))
    return plan


def _problems(
    request: Request,
    place: Place | None,
    neighbours: Sequence[Mapping[str, Any]],
    topology: Topology,
    leaving: Instance | None,
) -> Iterator[str]:
    name = request["member"]
    if not name or not SLOT_NAME.fullmatch(slot_name(name)):
        yield f"remove_member is {name!r}, expected the name of a member: -e remove_member=<member>"
        return
    if not request["owned"]:
        yield (
            f"{name} was not removed: the machines belong to another inventory (machine_owned is false here). Run this playbook with "
            "the inventory that owns them"
        )
    if request["limited"]:
        yield f"{name} was not removed: found --limit, expected none, since every machine knows the members"
    if request["data"] not in ("", name):
        yield f"remove_data is {request['data']}, expected {name}, the member that is removed, or nothing"
    # Before what the topology says of a cluster whose primary is not named any more: to promote another one would make two.
    if leaving and leaving["state"] == "running" and leaving["role"] == "primary" and topology["primary"] != name:
        yield (
            f"{name} was not removed: it is the primary. Put it back into the inventory, make another member the primary "
            "(playbooks/switchover.yml), then take it out and run this again"
        )
        return
    names = [member["name"] for member in request["members"]]
    if name in names:
        what = (
            "it is the primary: switch over first (playbooks/switchover.yml), then"
            if name == topology["primary"]
            else "first"
        )
        yield (
            f"{name} was not removed: the inventory still names it, and a converge would make it again. Expected it gone: {what} take "
            "it out of the group postgres"
        )
        return
    for other in names:
        if slot_name(other) == slot_name(name):
            yield (
                f"{name} was not removed: its slot, {slot_name(name)}, is that of {other}, which the inventory names. Expected a member of "
                "another name"
            )
            return
    for neighbour in neighbours:
        if place and neighbour["data_directory"] == place["data_directory"]:
            yield (
                f"{name} was not removed: its data directory, {place['data_directory']} on {place['machine']}, is that of "
                f"{neighbour['name']}, which the inventory names. Expected one of its own. Correct postgres_data_directory, or remove "
                f"/etc/postgresql/{place['version']}/{place['cluster']} by hand"
            )
            return
    if topology["errors"]:
        yield from topology["errors"]
        return
    if (
        place
        and topology["system_identifier"]
        and place["system_identifier"] not in (None, topology["system_identifier"])
    ):
        yield (
            f"{name} was not removed: it belongs to another cluster (system identifier {place['system_identifier']}), expected that of "
            f"{topology['primary']} ({topology['system_identifier']})"
        )
    yield from _quorum_problems(request, topology)


def _quorum_problems(request: Request, topology: Topology) -> Iterator[str]:
    needed = {"quorum": request["sync_count"], "all": max(1, len(topology["following"])), "async": 0}.get(
        request["sync_mode"], 0
    )
    if not needed or not topology["primary"]:
        return
    # The setting that the primary gets once the member is gone: a standby that it does not list confirms nothing.
    machines = {member["name"]: member["machine"] for member in request["members"]}
    setting = standby_names(request["sync_mode"], machines, request["sync_count"])[topology["primary"]]
    follow = [name for name, found in topology["following"].items() if found["follows"]]
    following = [name for name in follow if name in (listed(setting) or [])]
    silent = [name for name in follow if name not in following]
    if len(following) < max(needed, confirmations(setting)):
        not_asked = f" ({', '.join(silent)}, on the primary's own machine, would confirm nothing)" if silent else ""
        yield (
            f"{request['member']} was not removed: commits wait for {needed} standby{'s' if needed > 1 else ''} "
            f"(postgres_sync_mode is {request['sync_mode']}), but without it {', '.join(following) or 'none'} follow"
            f"{'s' if len(following) == 1 else ''} the primary{not_asked}. Bring another one back, add one, or lower postgres_sync_mode or "
            "postgres_sync_count"
        )


def _lines(request: Request, plan: MemberPlan, topology: Topology) -> Iterator[str]:
    name, place = request["member"], plan["place"]
    if not place and not plan["slot_on"]:
        yield f"nothing: no machine has {name}, and no member has a slot of it"
        return
    yield "first: HAProxy and PgBouncer send no more reads to it"
    yield f"then: {topology['primary']} waits for it no longer (synchronous_standby_names), no start guard asks it, and nobody monitors it"
    if place:
        yield f"then: {_unit(place)} on {place['machine']} stops, and does not start with the machine any more"
    yield from (f"goes: the slot {plan['slot']} on {member}" for member in plan["slot_on"])
    if not place:
        yield f"{name} is on no machine of the inventory: make sure that it does not run elsewhere"
    elif request["data"]:
        yield f"goes: ITS DATA, {place['data_directory']}, and its configuration"
    else:
        yield f"stays: its data, {place['data_directory']} on {place['machine']}. To remove it: -e remove_data={name}"


def _unit(place: Place) -> str:
    return f"postgresql@{place['version']}-{place['cluster']}"
