# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether clusters that somebody else set up can be taken over. Pure.

Takes the instances as M(plannerate.infra.postgres_cluster_info) describes them. Every refusal names what was found, what was
expected and what to do.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict, Union

from ansible_collections.plannerate.infra.plugins.module_utils._adoption.plan import (
    Instances,
    foreign,
    has_data,
    location,
)
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Topology
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.host import HostFacts
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

SOCKETS = "/var/run/postgresql"
_NOT_OURS = "has data, but its postgresql.conf was not written by this collection"


class Options(TypedDict):
    """What the inventory says about adoption.

    ``adopt``: whether it may be done. ``rules``: keep or drop. ``owned``: whether the inventory owns the machines. ``roles``: names
    of the collection's own roles, by the variable that gives each. ``sources``: addresses and networks that are let in.
    """

    adopt: bool
    rules: str
    owned: bool
    roles: Mapping[str, str]
    sources: Sequence[str]
    max_replication_slots: int | str
    wal_level: str


def problems(
    members: Sequence[Member],
    instances: Instances,
    topology: Topology,
    machines: Mapping[str, HostFacts],
    options: Options,
) -> list[str]:
    """Why the run must stop.

    :arg machines: what the members of a machine share, by its name.
    """
    errors = _location_problems(members, instances, machines)
    if options["rules"] not in ("keep", "drop"):
        errors.append(f"postgres_adopted_rules is {options['rules']!r}, expected keep or drop")
    names = foreign(instances)
    if errors or topology["errors"]:
        return errors
    if not names:
        return _drop_problems(instances, topology) if options["rules"] == "drop" else []
    by_name = {member["name"]: member for member in members}
    if not options["owned"]:
        return [f"{_listed(by_name, names)}: {_NOT_OURS}. Adopt it from the inventory that owns the machines first"]
    if not options["adopt"]:
        return [
            f"{_listed(by_name, names)}: {_NOT_OURS}. Nothing was changed. To have it adopted, with its data, passwords and "
            "access rules as they are and without a restart, run again with -e postgres_adopt=true; with --check that prints "
            "what would be done. See docs/adoption.md"
        ]
    for name in names:
        errors += _state_problems(by_name[name], instances[name])
    # Without errors the topology has a primary.
    primary_name = str(topology["primary"])
    primary = instances[primary_name]
    # A primary with a marker was adopted before and taken back: the roles are the collection's own.
    if primary_name in names and not primary.get("marker"):
        errors += _role_problems(primary_name, primary, options["roles"])
    errors += _slot_problems(primary_name, primary, members, options)
    errors += _client_problems([instances[name] for name in names], options["sources"])
    if options["rules"] == "drop":
        errors.append(
            "postgres_adopted_rules is drop, expected keep (the default) in the run that adopts: drop them later"
        )
    return errors


def _listed(members: Mapping[str, Member], names: Iterable[str]) -> str:
    return ", ".join(f"{name} ({location(members[name])})" for name in names)


def _location_problems(members: Sequence[Member], instances: Instances, machines: Mapping[str, HostFacts]) -> list[str]:
    """Clusters that are where a member is about to be made, or elsewhere than the inventory says."""
    errors = []
    for member in members:
        host = machines.get(member["machine"])
        instance = instances.get(member["name"])
        if instance and instance["state"] == "running" and not instance["config_present"]:
            errors.append(
                f"{member['name']}: a server runs on {member['data_directory']}, but there is no {member['config_directory']}/"
                "postgresql.conf. Expected a cluster of Debian's kind, as pg_createcluster makes it; only such a one can be adopted"
            )
        if has_data(instance):
            continue
        for cluster in host["clusters"] if host else []:
            name = f"{cluster['version']}/{cluster['cluster']}"
            directory = cluster["data_directory"]
            if name == f"{member['version']}/{member['cluster']}":
                if directory and directory.rstrip("/") != member["data_directory"].rstrip("/"):
                    errors.append(
                        f"{member['name']}: the data directory of {name} on {member['machine']} is {directory}, the inventory says "
                        f"{member['data_directory']}. Set postgres_data_directory to {directory}"
                    )
            elif cluster["port"] == member["port"] and not _is_a_members(members, member["machine"], name):
                errors.append(
                    f"{member['name']}: port {member['port']} of {member['machine']} belongs to the cluster {name}, which is not a "
                    f"member. Expected a free port, or a member of that name: set postgres_cluster to {cluster['cluster']} for the "
                    f"member, or remove the cluster if nobody needs it (pg_dropcluster {cluster['version']} {cluster['cluster']})"
                )
    return errors


def _is_a_members(members: Iterable[Member], machine: str, name: str) -> bool:
    return any(
        member["machine"] == machine and f"{member['version']}/{member['cluster']}" == name for member in members
    )


def _state_problems(member: Member, instance: Instance) -> list[str]:
    name = member["name"]
    if instance["state"] != "running":
        return [
            f"{name}: its server is {instance['state']}, expected it running to be adopted. Start it: {_start(member)}"
        ]
    errors = []
    if instance["port"] != member["port"]:
        errors.append(
            f"{name}: its server listens on port {instance['port']}, the inventory says {member['port']}. Set postgres_port"
        )
    if not instance["service_active"]:
        errors.append(
            f"{name}: its server was not started as postgresql@{member['version']}-{member['cluster']}, so systemd would not know "
            f"it. At a time of your choice: pg_ctlcluster {member['version']} {member['cluster']} stop, then {_start(member)}"
        )
    receiver = instance["wal_receiver"]
    if instance["role"] == "standby" and (receiver is None or receiver["status"] != "streaming"):
        errors.append(
            f"{name}: it does not stream from its primary, expected that it does. See its log, then run again"
        )
    running = (instance["restart_settings"] or {}).get("unix_socket_directories")
    sockets = running["shown"] if running else SOCKETS
    if SOCKETS not in [part.strip() for part in sockets.split(",")]:
        errors.append(
            f"{name}: unix_socket_directories is {sockets}, expected {SOCKETS} among them. Add it and restart the server"
        )
    return errors


def _start(member: Member) -> str:
    return f"systemctl start postgresql@{member['version']}-{member['cluster']}"


def _role_problems(name: str, primary: Instance, own: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: a role {role} exists already, expected a name that is free: {variable} names a role of the collection's own, "
        f"and an existing one keeps its password. Set {variable} to another name"
        for variable, role in own.items()
        if role in (primary["roles"] or [])
    ]


def _slot_problems(name: str, primary: Instance, members: Iterable[Member], options: Options) -> list[str]:
    errors = []
    wal_level = options["wal_level"]
    slots = primary["slots"] or []
    logical = [slot["name"] for slot in slots if slot["type"] == "logical"]
    if logical and wal_level != "logical":
        errors.append(
            f"{name}: it has logical slots ({', '.join(logical)}), and would not start again with wal_level {wal_level}. Set "
            "wal_level to logical in postgres_settings, or drop them"
        )
    existing = [slot["name"] for slot in slots]
    wanted = [member["slot"] for member in members if member["name"] != name and member["slot"] not in existing]
    # What the server has now, and what it will have after its next restart: with more slots than that it does not start.
    limits = [primary["settings"]["max_replication_slots"], int(options["max_replication_slots"])]
    room = min(limit for limit in limits if limit is not None)
    if len(existing) + len(wanted) > room:
        errors.append(
            f"{name}: {len(existing)} replication slots exist and {len(wanted)} more are needed, but max_replication_slots is "
            f"{room}. Drop those that nobody needs, or raise it in postgres_settings and in the running server, which needs a restart"
        )
    return errors


def _client_problems(instances: Iterable[Instance], sources: Iterable[str]) -> list[str]:
    try:
        networks = [ipaddress.ip_network(source, strict=False) for source in sources]
    except ValueError as error:
        return [f"postgres_clients or postgres_poolers: {error}, expected an address or a network"]
    addresses = sorted({address for instance in instances for address in instance["clients"] or []})
    strangers = [address for address in addresses if not _is_let_in(address, networks)]
    if not strangers:
        return []
    return [
        f"clients are connected from {', '.join(strangers)}, which the firewall would shut out. Expected each in postgres_clients "
        "(or postgres_poolers), as an address or a network; or end those connections"
    ]


def _is_let_in(client: str, networks: Iterable[Network]) -> bool:
    address = ipaddress.ip_address(client)
    return address.is_loopback or any(address in network for network in networks)


def _drop_problems(instances: Instances, topology: Topology) -> list[str]:
    primary = instances.get(str(topology["primary"]))
    md5_roles = primary.get("md5_roles") if primary else None
    if not md5_roles or not any(instance.get("adopted_rules") for instance in instances.values()):
        return []
    return [
        f"postgres_adopted_rules is drop, but the passwords of {', '.join(md5_roles)} are kept as MD5: nobody could log "
        r"in with them. Set each again, to the same if you like (psql: \password NAME, as postgres on the primary's machine), or take "
        "away the role's LOGIN"
    ]
