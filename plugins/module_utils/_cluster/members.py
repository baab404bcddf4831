# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of the PostgreSQL cluster as the inventory names them, checked as a whole."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.names import CLUSTER_NAME, SLOT_NAME, slot_name

# Major releases that the settings, the catalogue queries and the tests of this collection know.
SUPPORTED_VERSIONS = (13, 14, 15, 16, 17)


class InventoryError(ValueError):
    """The inventory contradicts itself; the message lists every contradiction found."""


def describe(name, variables, machines, defaults, initial_primary):
    """One member as a dict of plain values.

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
        "address": machines.get(machine),
        "port": variables.get("postgres_port"),
        "version": version,
        "cluster": cluster,
        "slot": slot_name(name),
        "data_directory": variables.get("postgres_data_directory") or f"/var/lib/postgresql/{version}/{cluster}",
        "config_directory": f"/etc/postgresql/{version}/{cluster}",
        "initial_role": "primary" if name == initial_primary else "standby",
    }


def problems(members, machines, initial_primaries):
    """Every contradiction in the members, each as one sentence with what was found and what to do."""
    found = []
    if len(initial_primaries) != 1:
        found.append(
            f"group postgres_primary has {len(initial_primaries)} members ({', '.join(initial_primaries) or 'none'}), "
            "expected exactly one: the member that is initialised on the very first run"
        )
    owners = {}
    for member in members:
        name, machine, port, version = (member[key] for key in ("name", "machine", "port", "version"))
        if machine not in machines:
            found.append(
                f"{name}: postgres_machine is {machine!r}, expected one of the group machines ({', '.join(machines)})"
            )
        if not _is_integer(port, 1, 65535):
            found.append(f"{name}: postgres_port is {port!r}, expected an integer from 1 to 65535")
        if not _is_integer(version, 0, 99) or int(version) not in SUPPORTED_VERSIONS:
            found.append(
                f"{name}: postgres_version is {version!r}, expected one of {', '.join(map(str, SUPPORTED_VERSIONS))}"
            )
        if not SLOT_NAME.fullmatch(member["slot"]):
            found.append(
                f"{name}: its slot would be called {member['slot']!r}, but PostgreSQL allows only a-z, 0-9 and _, "
                "at most 63 characters: rename the inventory host"
            )
        if not CLUSTER_NAME.fullmatch(str(member["cluster"])):
            found.append(
                f"{name}: postgres_cluster is {member['cluster']!r}, expected letters, digits, _ and . only: systemd does not "
                f"start others. pg_renamecluster {version} {member['cluster']} NEW renames it; it stops it for that"
            )
        for kind, key in (
            ("port", (machine, str(port))),
            ("cluster", (machine, f"{version}/{member['cluster']}")),
            ("slot name", member["slot"]),
            ("data directory", (machine, member["data_directory"])),
        ):
            other = owners.setdefault((kind, key), name)
            if other != name:
                value = key[1] if isinstance(key, tuple) else key
                where = f" of {machine}" if isinstance(key, tuple) else ""
                found.append(f"{name}: {kind} {value}{where} is already {other}'s, expected one for each member")
    versions = {str(member["version"]) for member in members}
    if len(versions) > 1:
        found.append(
            f"members differ in postgres_version ({', '.join(sorted(versions))}), "
            "expected one: a standby streams from a primary of its own major release only"
        )
    return found


def members_of(names, hostvars, machines, defaults, initial_primaries):
    """All members as plain dicts, in inventory order.

    :arg names: member names (group ``postgres``).
    :arg hostvars: mapping of host name to its variables.
    :arg machines: names of the machines (group ``machines``).
    :raises InventoryError: naming every contradiction at once.
    """
    addresses = {name: _address(hostvars[name]) for name in machines}
    initial = initial_primaries[0] if initial_primaries else None
    members = [describe(name, hostvars[name], addresses, defaults, initial) for name in names]
    found = problems(members, machines, initial_primaries)
    if found:
        raise InventoryError("the inventory's PostgreSQL members contradict each other:\n- " + "\n- ".join(found))
    return [dict(member, port=int(member["port"]), version=int(member["version"])) for member in members]


def _address(variables):
    return variables.get("machine_address") or variables.get("ansible_host")


def _is_integer(value, low, high):
    try:
        return low <= int(str(value)) <= high
    except ValueError:
        return False
