# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether clusters that somebody else set up can be taken over. Pure.

Takes the answers of M(plannerate.infra.postgres_cluster_info). Every refusal names what was found, what was expected and
what to do.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.plannerate.infra.plugins.module_utils._adoption.plan import foreign, has_data, place

SOCKETS = "/var/run/postgresql"
_NOT_OURS = "has data, but its postgresql.conf was not written by this collection"


def problems(members, answers, topology, machines, options):
    """Why a run must not go on.

    :arg members: list of dicts as given by ``members.members_of``.
    :arg topology: decision of ``topology.decide``.
    :arg machines: mapping of machine name to what its members share.
    :arg options: dict with ``adopt``, ``rules``, ``owned``, ``roles`` (names that the collection makes its own),
        ``sources`` (addresses and networks that are let in), ``max_replication_slots`` and ``wal_level``.
    """
    found = _place_problems(members, answers, machines)
    if options["rules"] not in ("keep", "drop"):
        found.append(f"postgres_adopted_rules is {options['rules']!r}, expected keep or drop")
    names = foreign(answers)
    if found or topology["errors"]:
        return found
    if not names:
        return _drop_problems(answers, topology) if options["rules"] == "drop" else []
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
        found += _state_problems(by_name[name], answers[name])
    primary = answers[topology["primary"]]
    # A primary with a marker was adopted before and taken back: the roles are the collection's own.
    if topology["primary"] in names and not primary.get("marker"):
        found += _role_problems(topology["primary"], primary, options["roles"])
    found += _slot_problems(topology["primary"], primary, members, options)
    found += _client_problems(answers, names, options["sources"])
    if options["rules"] == "drop":
        found.append(
            "postgres_adopted_rules is drop, expected keep (the default) in the run that adopts: drop them later"
        )
    return found


def _listed(members, names):
    return ", ".join(f"{name} ({place(members[name])})" for name in names)


def _place_problems(members, answers, machines):
    """Clusters that stand where a member is about to be made, or elsewhere than the inventory says."""
    found = []
    for member in members:
        facts = machines.get(member["machine"]) or {}
        answer = answers.get(member["name"]) or {}
        if answer.get("state") == "running" and not answer["config_present"]:
            found.append(
                f"{member['name']}: a server runs on {member['data_directory']}, but there is no {member['config_directory']}/"
                "postgresql.conf. Expected a cluster of Debian's kind, as pg_createcluster makes it; only such a one can be adopted"
            )
        if has_data(answer):
            continue
        for cluster in facts.get("clusters") or []:
            name = f"{cluster['version']}/{cluster['cluster']}"
            directory = cluster["data_directory"]
            if name == f"{member['version']}/{member['cluster']}":
                if directory and directory.rstrip("/") != member["data_directory"].rstrip("/"):
                    found.append(
                        f"{member['name']}: the data directory of {name} on {member['machine']} is {directory}, the inventory says "
                        f"{member['data_directory']}. Set postgres_data_directory to {directory}"
                    )
            elif cluster["port"] == member["port"] and not _is_a_members(members, member["machine"], name):
                found.append(
                    f"{member['name']}: port {member['port']} of {member['machine']} belongs to the cluster {name}, which no member "
                    f"is. Expected it free, or named: set postgres_cluster to {cluster['cluster']} for the member that it is, or "
                    f"remove it if nobody needs it (pg_dropcluster {cluster['version']} {cluster['cluster']})"
                )
    return found


def _is_a_members(members, machine, name):
    return any(
        member["machine"] == machine and f"{member['version']}/{member['cluster']}" == name for member in members
    )


def _state_problems(member, answer):
    name = member["name"]
    if answer["state"] != "running":
        return [
            f"{name}: its server is {answer['state']}, expected it running to be adopted. Start it: {_start(member)}"
        ]
    found = []
    if answer["port"] != member["port"]:
        found.append(
            f"{name}: its server listens on port {answer['port']}, the inventory says {member['port']}. Set postgres_port"
        )
    if not answer["service_active"]:
        found.append(
            f"{name}: its server was not started as postgresql@{member['version']}-{member['cluster']}, so systemd would not know "
            f"it. At a time of your choice: pg_ctlcluster {member['version']} {member['cluster']} stop, then {_start(member)}"
        )
    if answer["role"] == "standby" and (answer["wal_receiver"] or {}).get("status") != "streaming":
        found.append(f"{name}: it does not stream from its primary, expected that it does. See its log, then run again")
    sockets = (answer["restart_settings"] or {}).get("unix_socket_directories")
    if sockets is not None and SOCKETS not in [part.strip() for part in sockets.split(",")]:
        found.append(
            f"{name}: unix_socket_directories is {sockets}, expected {SOCKETS} among them. Add it and restart it"
        )
    return found


def _start(member):
    return f"systemctl start postgresql@{member['version']}-{member['cluster']}"


def _role_problems(name, answer, own):
    return [
        f"{name}: a role {role} exists already, expected a name that is free: {variable} names a role of the collection's own, "
        f"and an existing one keeps its password. Set {variable} to another name"
        for variable, role in own.items()
        if role in answer["roles"]
    ]


def _slot_problems(name, answer, members, options):
    found = []
    wal_level = options["wal_level"]
    logical = [slot["name"] for slot in answer["slots"] if slot["type"] == "logical"]
    if logical and wal_level != "logical":
        found.append(
            f"{name}: it has logical slots ({', '.join(logical)}), and would not start again with wal_level {wal_level}. Set "
            "wal_level to logical in postgres_settings, or drop them"
        )
    existing = [slot["name"] for slot in answer["slots"]]
    wanted = [member["slot"] for member in members if member["name"] != name and member["slot"] not in existing]
    # What the server has now, and what it will have after its next restart: with more slots than that it does not start.
    limits = [answer["settings"]["max_replication_slots"], int(options["max_replication_slots"])]
    room = min(limit for limit in limits if limit is not None)
    if len(existing) + len(wanted) > room:
        found.append(
            f"{name}: {len(existing)} replication slots exist and {len(wanted)} more are needed, but max_replication_slots is "
            f"{room}. Drop those that nobody needs, or raise it in postgres_settings and in the running server, which needs a restart"
        )
    return found


def _client_problems(answers, names, sources):
    try:
        networks = [ipaddress.ip_network(source, strict=False) for source in sources]
    except ValueError as error:
        return [f"postgres_clients or postgres_poolers: {error}, expected an address or a network"]
    addresses = sorted({address for name in names for address in answers[name].get("clients") or []})
    strangers = [address for address in addresses if not _is_let_in(address, networks)]
    if not strangers:
        return []
    return [
        f"clients are connected from {', '.join(strangers)}, which the firewall would shut out. Expected each in postgres_clients "
        "(or postgres_poolers), as an address or a network; or end those connections"
    ]


def _is_let_in(address, networks):
    address = ipaddress.ip_address(address)
    return address.is_loopback or any(address in network for network in networks)


def _drop_problems(answers, topology):
    primary = answers.get(topology["primary"]) or {}
    if not primary.get("md5_roles") or not any(answer.get("adopted_rules") for answer in answers.values()):
        return []
    return [
        f"postgres_adopted_rules is drop, but the passwords of {', '.join(primary['md5_roles'])} are kept as MD5: nobody could log "
        r"in with them. Set each again, to the same if you like (psql: \password NAME, as postgres on the primary's machine), or take "
        "away the role's LOGIN"
    ]
