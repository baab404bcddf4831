# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machines still have that no inventory names, each with the command that removes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.names import slot_name
from ansible_collections.plannerate.infra.plugins.module_utils._removal.copies import copies, drop, loaded
from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import Installed

# Every inventory reads the same lists of stacks and pools, so what they do not name is nobody's. Anything else that is not named may be
# another inventory's, unless a removal was begun.
LISTED = {"stack", "routes", "pools", "removal"}
_SAYS = {
    "expectations": "expectations of the monitoring",
    "probes": "probes",
    "routes": "routes",
    "stack": "stack",
    "pools": "pools",
    "timers": "timers",
    "backups": "configuration and key of its backups",
    "files": "files and volumes",
}
# What the removal leaves unless a word is given.
_WORDS = {"backups": "remove_backup_key", "files": "remove_volumes"}


class Named(TypedDict):
    """What inventories name: environments, databases of these, and the machine of each member."""

    environments: Sequence[str]
    databases: Sequence[str]
    members: Mapping[str, str]


def leftovers(
    machines: Mapping[str, Installed], named: Named, topology: Mapping[str, Any], answers: Instances
) -> list[str]:
    """One sentence for each.

    :arg machines: what each machine has, by its name.
    :arg topology: the decision of C(_cluster/topology.py); empty without PostgreSQL.
    """
    primary = answers.get(topology.get("primary") or "")
    present = (primary and primary["databases"]) or []
    return [
        *_environments(machines, named, present),
        *(
            f"{database}, a database that a restore loaded and did not name. If none runs and nobody needs it, as postgres on the primary: "
            f"{drop(database)}"
            for database in loaded(present)
        ),
        *(_members(machines, named, topology, answers) if topology else []),
    ]


def _environments(machines: Mapping[str, Installed], named: Named, present: Sequence[str]) -> Iterator[str]:
    found: dict[str, dict[str, list[str]]] = {}
    for machine, has in machines.items():
        for trace in has["traces"]:
            if trace["environment"] not in named["environments"]:
                found.setdefault(trace["environment"], {}).setdefault(trace["kind"], []).append(machine)
    for name, kinds in sorted(found.items()):
        if not LISTED & {*kinds}:
            continue
        databases = {database for has in machines.values() for database in has["databases"].get(name, [])}
        own = sorted(database for database in databases if database in present and database not in named["databases"])
        things = [f"{says} on {', '.join(dict.fromkeys(kinds[kind]))}" for kind, says in _SAYS.items() if kind in kinds]
        left = copies(databases - {*named["databases"]}, present)
        things += [f"database {database}" for database in [*own, *left]]
        # The databases went otherwise, or what restores left kept the roles from going with them.
        if not things and not databases & {*named["databases"]}:
            things = ["its roles"]
        if things:
            words = [f"-e {word}={name}" for kind, word in _WORDS.items() if kind in kinds]
            words += [f"-e remove_database={database}" for database in own]
            kept = f"; with what it keeps: {' '.join(words)}" if words else ""
            first = (
                f". If nobody needs it, as postgres on the primary first: {'; '.join(map(drop, left))}" if left else ""
            )
            yield (
                f"{name}, an environment: {'; '.join(things)}. playbooks/remove_environment.yml -e remove_environment={name}{kept}{first}"
            )


def _members(
    machines: Mapping[str, Installed], named: Named, topology: Mapping[str, Any], answers: Instances
) -> Iterator[str]:
    names = [*topology["roles"]]
    told = set()
    for machine, has in machines.items():
        for member in has["members"]:
            # That of another cluster is another inventory's.
            if member["system_identifier"] != topology["system_identifier"]:
                continue
            if member["name"] in names:
                expected = named["members"].get(member["name"], machine)
                # Its name is the one that moved, so only its machine's administrator can remove it.
                if expected != machine:
                    yield (
                        f"{member['name']}, a member on {machine}, but the inventory has it on {expected}. On {machine}, if nobody needs "
                        f"its data ({member['data_directory']}): pg_dropcluster --stop {member['version']} {member['cluster']}"
                    )
                continue
            told.add(member["slot"])
            state = "running" if member["running"] else f"stopped, with its data ({member['data_directory']})"
            word = "" if member["running"] else f" -e remove_data={member['name']}"
            yield (
                f"{member['name']}, a member on {machine}: {state}. playbooks/remove_member.yml -e remove_member={member['name']}{word}"
            )
    slots = {slot_name(name) for name in names}
    for name in names:
        needed = slots - {slot_name(name)} if name == topology["primary"] else set()
        answer = answers.get(name)
        for slot in (answer and answer["slots"]) or []:
            if slot["type"] == "physical" and not slot["active"] and slot["name"] not in needed | told:
                by = (
                    f"SELECT pg_drop_replication_slot('{slot['name']}') on {name}"
                    if slot["name"] in slots
                    else f"playbooks/remove_member.yml -e remove_member={slot['name'].replace('_', '-')}"
                )
                yield f"{slot['name']}, a slot on {name} that keeps WAL for no member. If nobody else needs it: {by}"
