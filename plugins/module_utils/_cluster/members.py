# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of the PostgreSQL cluster as the inventory names them, checked as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import of_machine
from ansible_collections.plannerate.infra.plugins.module_utils._postgres import versions as releases
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.names import CLUSTER_NAME, SLOT_NAME, slot_name

# Of a member that names none.
PORT = 5432


# A host's variables, as Ansible has them.
Variables = Mapping[str, Any]


class _Named(TypedDict):
    """What follows from a member's name, or is free text in the inventory."""

    name: str
    address: str | None
    cluster: str
    slot: str
    data_directory: str
    config_directory: str
    initial_role: str


class Described(_Named):
    """A member as the inventory describes it: nothing is checked yet."""

    machine: str | None
    port: object
    version: object


class Member(_Named):
    """A member of the cluster: one PostgreSQL instance, on a machine that the inventory knows.

    ``initial_role`` is primary or standby: what it becomes on the very first run.
    """

    machine: str
    port: int
    version: int


class InventoryError(ValueError):
    """The inventory contradicts itself; the message lists every contradiction found."""


def describe(
    name: str,
    variables: Variables,
    machines: Mapping[str, str | None],
    defaults: Mapping[str, Any],
    initial_primary: str | None,
) -> Described:
    """One member as the inventory describes it.

    :arg name: inventory name of the member.
    :arg variables: mapping with the member's inventory variables.
    :arg machines: mapping of machine name to its address.
    :arg defaults: mapping with ``version``, the major release where the member names none.
    :arg initial_primary: name of the member that is initialised on the very first run.
    """
    version = variables.get("postgres_version", defaults["version"])
    cluster = variables.get("postgres_cluster") or slot_name(name)
    machine = variables.get("postgres_machine")
    return {
        "name": name,
        "machine": machine,
        "address": machines.get(machine) if machine else None,
        "port": variables.get("postgres_port", PORT),
        "version": version,
        "cluster": cluster,
        "slot": slot_name(name),
        "data_directory": variables.get("postgres_data_directory") or f"/var/lib/postgresql/{version}/{cluster}",
        "config_directory": f"/etc/postgresql/{version}/{cluster}",
        "initial_role": "primary" if name == initial_primary else "standby",
    }


def problems(members: Sequence[Described], machines: Collection[str], initial_primaries: Sequence[str]) -> list[str]:
    """Every contradiction in the members, each as one sentence with what was found and what to do."""
    contradictions = []
    if len(initial_primaries) != 1:
        contradictions.append(
            f"group postgres_primary has {len(initial_primaries)} members ({', '.join(initial_primaries) or 'none'}), "
            "expected exactly one: the member that is initialised on the very first run"
        )
    # Who was the first to have each (kind, value), on one machine where the value counts there alone.
    owners: dict[tuple[str, str, str | None], str] = {}
    for member in members:
        name, machine, port, version = member["name"], member["machine"], member["port"], member["version"]
        if machine not in machines:
            contradictions.append(
                f"{name}: postgres_machine is {machine!r}, expected one of the group machines ({', '.join(machines)})"
            )
        if _integer(port) not in range(1, 65536):
            contradictions.append(f"{name}: postgres_port is {port!r}, expected an integer from 1 to 65535")
        if _integer(version) not in releases.KNOWN:
            contradictions.append(f"{name}: postgres_version is {version!r}, {releases.EXPECTED}")
        if not SLOT_NAME.fullmatch(member["slot"]):
            contradictions.append(
                f"{name}: its slot would be called {member['slot']!r}, but PostgreSQL allows only a-z, 0-9 and _, "
                "at most 63 characters: rename the inventory host"
            )
        if not CLUSTER_NAME.fullmatch(str(member["cluster"])):
            contradictions.append(
                f"{name}: postgres_cluster is {member['cluster']!r}, expected letters, digits, _ and . only: systemd does not "
                f"start others. To rename it, which stops it for a moment: pg_renamecluster {version} {member['cluster']} NEW"
            )
        for kind, value, where in (
            ("port", str(port), machine),
            ("cluster", f"{version}/{member['cluster']}", machine),
            ("slot name", member["slot"], None),
            ("data directory", member["data_directory"], machine),
        ):
            other = owners.setdefault((kind, value, where), name)
            if other != name:
                of = f" of {where}" if where else ""
                contradictions.append(f"{name}: {kind} {value}{of} is already {other}'s, expected one for each member")
    versions = {str(member["version"]) for member in members}
    if len(versions) > 1:
        contradictions.append(
            f"members differ in postgres_version ({', '.join(sorted(versions))}), "
            "expected one: a standby streams from a primary of its own major release only"
        )
    return contradictions


def members_of(
    names: Sequence[str],
    hostvars: Mapping[str, Variables],
    machines: Sequence[str],
    defaults: Mapping[str, Any],
    initial_primaries: Sequence[str],
) -> list[Member]:
    """All members, in inventory order.

    :arg names: member names (group ``postgres``).
    :arg hostvars: mapping of host name to its variables.
    :arg machines: names of the machines (group ``machines``).
    :raises InventoryError: naming every contradiction at once.
    """
    addresses = {name: of_machine(hostvars[name]) for name in machines}
    initial = initial_primaries[0] if initial_primaries else None
    described = [describe(name, hostvars[name], addresses, defaults, initial) for name in names]
    contradictions = problems(described, machines, initial_primaries)
    if contradictions:
        raise InventoryError(
            "the inventory's PostgreSQL members contradict each other:\n- " + "\n- ".join(contradictions)
        )
    return [_checked(member) for member in described]


def _checked(member: Described) -> Member:
    """A member of which :func:`problems` found nothing wrong."""
    return {
        **member,
        "machine": str(member["machine"]),
        "port": int(str(member["port"])),
        "version": int(str(member["version"])),
    }


def _integer(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
