# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order machines are patched, what restarts on each, who takes the primary's role meanwhile, and what nobody may do unasked. Pure.

The order is the one in which a mistake costs least: standbys, the primary's machine (so that the role moves once, to a machine that is
patched), poolers, others, the application.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import successor
from ansible_collections.plannerate.infra.plugins.module_utils._patch import outage, role, silences
from ansible_collections.plannerate.infra.plugins.module_utils._patch.found import Cluster, Found, Groups

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._machine.updates import Update
    from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.silences import Matcher

KERNELS = "linux-image-*"
# Which service restarts for which package. A reload is enough for HAProxy, whose master executes itself anew.
SERVICES = {
    "haproxy": ["haproxy"],
    "pgbouncer": ["pgbouncer"],
    "containerd": ["containerd", "containerd.io"],
    "docker": ["docker.io", "docker-ce"],
}


class Policy(TypedDict):
    """What the operator says. ``machines``: only these, all where empty. ``outage``: machines that may take a service away for a reboot.
    ``reboot``: whether any machine may reboot."""

    machines: Sequence[str]
    outage: Sequence[str]
    reboot: bool


class MachinePlan(TypedDict):
    """One machine's turn.

    ``interrupted``: what a dpkg left half installed is finished.
    ``hand_over_first``: the member elsewhere that becomes the primary before anything is done here; empty where nobody does. ``standbys``
    restart one after the other, and then ``primary``, empty where it does not: by handing its role to one of them, or ``in_place`` where
    there are none. ``promotion``: the first of these changes, to be asked for before anything is done; empty where there is none.
    ``services`` restart in this order. ``outage``: what a reboot takes away. ``reboots``: it does, in this run, and so
    nothing else restarts. ``left``: what this run does not do, in words.
    """

    name: str
    updates: list[Update]
    interrupted: bool
    hand_over_first: str
    standbys: list[str]
    primary: str
    in_place: bool
    promotion: dict[str, str]
    services: list[str]
    reboot: list[str]
    outage: list[str]
    reboots: bool
    left: list[str]
    silences: list[list[Matcher]]


class Plan(TypedDict):
    """``order``: the machines on which there is something to do. ``errors``: why nothing may be done."""

    errors: list[str]
    order: list[str]
    machines: dict[str, MachinePlan]


def plan(found: Mapping[str, Found], cluster: Cluster, groups: Groups, policy: Policy) -> Plan:
    """The whole run.

    :arg found: what each machine answered, in the inventory's order.
    """
    chosen = [name for name in found if not policy["machines"] or name in policy["machines"]]
    machines = {
        name: _machine(name, found[name], cluster, groups, policy) for name in _ordered(chosen, cluster, groups)
    }
    order = [name for name, each in machines.items() if _has_work(each)]
    return {
        "errors": [*_errors(found, cluster, policy, bool(order)), *role.without_successor(machines, cluster)],
        "order": order,
        "machines": machines,
    }


def _ordered(names: Sequence[str], cluster: Cluster, groups: Groups) -> list[str]:
    def turn(name: str) -> int:
        if cluster.members_on(name):
            return 1 if cluster.primary_is_on(name) else 0
        if name in groups["docker_hosts"]:
            return 4
        return 2 if name in groups["poolers"] else 3

    # What the machines are watched by comes last among its like.
    return sorted(names, key=lambda name: (turn(name), name in groups["monitoring"]))


def _machine(name: str, found: Found, cluster: Cluster, groups: Groups, policy: Policy) -> MachinePlan:
    kernels = [each for each in found["updates"] if fnmatchcase(each["name"], KERNELS)]
    reasons = [*found["reboot"], *(f"{each['name']} {each['candidate']}" for each in kernels)]
    elsewhere = successor({}, cluster.topology_without(name), cluster.answers) if cluster.primary_is_on(name) else ""
    lost = outage.of_a_reboot(name, cluster, groups, elsewhere)
    reboots = bool(reasons) and policy["reboot"] and (not lost or name in policy["outage"])
    members = [] if reboots else [each for each in cluster.members_on(name) if _restarts(each, found)]
    standbys = [each["name"] for each in members if each["name"] != cluster.primary]
    primary = next((each["name"] for each in members if each["name"] == cluster.primary), "")
    moves = bool(elsewhere) and (bool(primary) or reboots)
    taker = elsewhere if moves else role.successor_beside(primary, standbys, cluster)
    return {
        "name": name,
        "updates": found["updates"],
        "interrupted": found["interrupted"],
        "hand_over_first": elsewhere if moves else "",
        "standbys": [*([primary] if moves and primary else []), *standbys],
        "primary": "" if moves else primary,
        "in_place": not cluster.followers(),
        "promotion": role.first_change(taker, [*filter(None, [primary]), *standbys]),
        "services": [] if reboots else _services(found),
        "reboot": reasons,
        "outage": lost if reasons else [],
        "reboots": reboots,
        "left": [
            *([] if reboots else _left(name, reasons, lost, policy)),
            *(f"{each['name']}: {each['reason']}" for each in found["waiting"]),
        ],
        "silences": silences.of(name, cluster, groups, reboots),
    }


def _restarts(member: Mapping[str, object], found: Found) -> bool:
    package = f"postgresql-{member['version']}"
    service = f"postgresql@{member['version']}-{member['cluster']}"
    return any(each["name"] == package for each in found["updates"]) or service in found["outdated_services"]


def _services(found: Found) -> list[str]:
    names = {each["name"] for each in found["updates"]}
    return [
        service
        for service, packages in SERVICES.items()
        if service in found["outdated_services"] or names & {*packages}
    ]


def _left(name: str, reasons: Sequence[str], lost: Sequence[str], policy: Policy) -> list[str]:
    if not reasons:
        return []
    if not policy["reboot"]:
        return [f"a reboot ({', '.join(reasons)}), which patch_reboot=false keeps from being done"]
    return [
        f"a reboot ({', '.join(reasons)}). As long as it takes, {'; '.join(lost)}. To allow it: -e patch_outage={name}"
    ]


def _has_work(each: MachinePlan) -> bool:
    steps = (each["updates"], each["interrupted"], each["standbys"], each["primary"], each["services"], each["reboots"])
    return any(steps)


def _errors(found: Collection[str], cluster: Cluster, policy: Policy, works: bool) -> list[str]:
    errors = [
        f"{option} names {name}, expected one of the machines {', '.join(found)}"
        for option, names in (("patch_machines", policy["machines"]), ("patch_outage", policy["outage"]))
        for name in names
        if name not in found
    ]
    if works:
        # A member fewer is what a restart takes, and it must be one that was there.
        errors += [
            f"{problem}. Put that right first: make status, playbooks/rejoin.yml" for problem in cluster.problems()
        ]
    return errors
