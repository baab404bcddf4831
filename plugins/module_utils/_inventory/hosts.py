# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What contradicts itself in an inventory, which no role sees alone. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._docker.environments import unknown_environment
from ansible_collections.plannerate.infra.plugins.module_utils._inventory import (
    addresses,
    names,
    outside,
    placeholders,
    schedule,
    values,
)

# A host's variables that the inventory gives, as Ansible has them: anything may stand there.
Variables = Mapping[str, Any]
Groups = Mapping[str, Sequence[str]]

_SCHEDULES = (
    "s3_backup_schedule",
    "s3_backup_drill_schedule",
    "s3_backup_physical_schedule",
    "s3_backup_physical_full_schedule",
)
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58,}|age1[a-z0-9]+1[02-9ac-hj-np-z]+|(ssh-ed25519|ssh-rsa) \S+( .*)?")
_SSH = 22
_BACKUP_FIRST = "docker_host_backup_before_migration"
# Every part may be left out, but not what another one needs.
_NEEDED = (
    ("pgbouncers", "postgres", "its pools lead to members"),
    ("s3_backups", "postgres", "it backs up databases of members"),
    ("docker_hosts", "pgbouncers", "the application reaches its database through one"),
    ("log_servers", "docker_hosts", "VictoriaLogs runs in a container of one"),
)


def reach_problems(hosts: Mapping[str, Variables], groups: Groups) -> dict[str, list[str]]:
    """What breaks in the middle of a run: who keeps the secrets, and how machines reach each other. Each with its hosts."""
    found: dict[str, list[str]] = {}
    machines = list(groups.get("machines", []))
    if not machines:
        note(
            found,
            "",
            [
                "the group machines is empty, expected every VM in it. Write: machines: {hosts: {db01: {ansible_host: <address>}}}"
            ],
        )
    addressed = _addressed(hosts, groups)
    for name in machines:
        note(found, name, addresses.machine_problems(name, hosts[name], name in addressed))
    for name, variables in hosts.items():
        note(found, name, addresses.source_problems(variables))
        note(found, name, outside.problems(variables))
        note(found, name, _authority_problems(variables, machines))
    note(found, "", _group_problems(hosts, groups))
    return found


def stack_problems(hosts: Mapping[str, Variables], groups: Groups, stacks: Sequence[str]) -> dict[str, list[str]]:
    """Whether a run would take the lock of an environment that nobody knows, which nobody would give back.

    :arg stacks: whose locks a run is about to take. Another than the inventory's own is one that is removed.
    """
    found: dict[str, list[str]] = {}
    for name in groups.get("docker_hosts", []):
        environments, own = hosts[name].get("docker_host_environments"), hosts[name].get("docker_host_environment")
        if isinstance(environments, dict) and str(own or "production") in stacks:
            note(found, name, unknown_environment(own or "production", environments))
    return found


def problems(hosts: Mapping[str, Variables], groups: Groups) -> dict[str, list[str]]:
    """Every contradiction, as one sentence with the line to write, with the hosts that have it.

    :arg hosts: variables that the inventory gives, by the host's name.
    :arg groups: names of the hosts of each group.
    """
    found = reach_problems(hosts, groups)
    of_groups: tuple[tuple[str, Callable[[Variables], Iterator[str]]], ...] = (
        ("machines", _port_problems),
        ("postgres", names.problems),
        ("s3_backups", _backup_problems),
        ("pgbouncers", _pool_problems),
    )
    for group, check in of_groups:
        for name in groups.get(group, []):
            note(found, name, check(hosts[name]))
    return found


def ownership_problems(owners: Mapping[str, Mapping[str, bool]]) -> list[str]:
    """What several inventories contradict each other in.

    :arg owners: by an inventory's name, whether it owns each of its machines, by their addresses.
    """
    machines = sorted({machine for owned in owners.values() for machine in owned})
    shared = [machine for machine in machines if sum(machine in owned for owned in owners.values()) > 1]
    several: dict[str, list[str]] = {}
    for machine in shared:
        owning = [name for name, owned in owners.items() if owned.get(machine)]
        if len(owning) != 1:
            several.setdefault(", ".join(owning), []).append(machine)
    return [
        f"machine_owned is true for {', '.join(named)} in {owning or 'no inventory'}, expected exactly one owner. "
        f"Write in {'all but one of them: machine_owned: false' if owning else 'one of them: machine_owned: true'}"
        for owning, named in several.items()
    ]


def note(found: dict[str, list[str]], host: str, texts: Iterable[str]) -> None:
    """Keep sentences, each once with all the hosts that it is about; an empty name is none of them."""
    for text in texts:
        if host not in found.setdefault(text, []):
            found[text].append(host)


def _addressed(hosts: Mapping[str, Variables], groups: Groups) -> list[str]:
    """Machines whose addresses others use: Prometheus and the log server know all of them; or members, PgBouncer and their clients."""
    machines = groups.get("machines", [])
    if groups.get("monitoring") or groups.get("log_servers"):
        return list(machines)
    used = {hosts[name].get("postgres_machine") for name in groups.get("postgres", [])} | {
        *groups.get("pgbouncers", [])
    }
    return [name for name in machines if used and name in used | {*groups.get("docker_hosts", [])}]


def _group_problems(hosts: Mapping[str, Variables], groups: Groups) -> Iterator[str]:
    for group, needed, why in _NEEDED:
        if groups.get(group) and not groups.get(needed):
            yield (
                f"the group {group} has hosts and the group {needed} has none, expected some in both: {why}. "
                f"Name the hosts of {needed}, or leave {group} out"
            )
    asked = [name for name in groups.get("docker_hosts", []) if hosts[name].get(_BACKUP_FIRST) is True]
    if asked and not groups.get("s3_backups"):
        yield (
            f"{_BACKUP_FIRST} is true and the group s3_backups has no host, expected one, which makes these backups. Name the hosts of "
            f"s3_backups, or write: {_BACKUP_FIRST}: false"
        )
    servers, engines = list(groups.get("log_servers", [])), list(groups.get("docker_hosts", []))
    if len(servers) > 1:
        yield (
            f"the group log_servers has {', '.join(servers)}, expected one machine: the others send to it. "
            f"Write: log_servers: {{hosts: {{{servers[0]}: }}}}"
        )
    elif servers and engines and servers[0] not in engines:
        yield (
            f"the group log_servers has {servers[0]}, which is not in docker_hosts, expected one of these: it runs a container. "
            f"Write: log_servers: {{hosts: {{{engines[0]}: }}}}"
        )
    yield from _status_problems(groups)
    named = [hosts[name].get("postgres_machine") for name in groups.get("postgres", [])]
    # One that is not known yet may be any.
    populated = sorted({str(name) for name in named}) if all(named) else []
    apart = [name for name in groups.get("s3_backups", []) if populated and name not in populated]
    if apart:
        yield (
            f"the group s3_backups has {', '.join(apart)}, which has no member, expected a machine of members: a restore goes through the "
            f"socket of one. Write: s3_backups: {{hosts: {{{populated[0]}: }}}}"
        )


def _status_problems(groups: Groups) -> Iterator[str]:
    pages, machines = list(groups.get("status", [])), list(groups.get("machines", []))
    if len(pages) > 1:
        yield (
            f"the group status has {', '.join(pages)}, expected one machine: its name leads to one page. "
            f"Write: status: {{hosts: {{{pages[0]}: }}}}"
        )
    elif pages and machines and pages[0] not in machines:
        yield (
            f"the group status has {pages[0]}, which is not in machines, expected every VM there. "
            f"Write: machines: {{hosts: {{{pages[0]}: {{ansible_host: <address>}}}}}}"
        )


def _authority_problems(variables: Variables, machines: Sequence[str]) -> Iterator[str]:
    authority = variables.get("machine_authority")
    if authority is not None and machines and authority not in machines:
        alike = difflib.get_close_matches(str(authority), machines, n=1, cutoff=0) or machines
        yield (
            f"machine_authority is {authority}, expected one of the group machines ({', '.join(machines)}). "
            f"Write: machine_authority: {alike[0]}"
        )


def _port_problems(variables: Variables) -> Iterator[str]:
    port = variables.get("ansible_port", variables.get("ansible_ssh_port"))
    if port is None or "machine_ssh_port" in variables or str(port) == str(_SSH):
        return
    yield (
        f"ansible_port is {port}, but the firewall leaves {_SSH} open for SSH. Write: machine_ssh_port: {port}; where another machine "
        f"forwards {port} to {_SSH}: machine_ssh_port: {_SSH}"
    )


def _backup_problems(variables: Variables) -> Iterator[str]:
    for option in _SCHEDULES:
        if option in variables and not schedule.is_calendar(variables[option]):
            yield (
                f"{option} is {variables[option]!r}, expected a calendar expression of systemd. "
                f'Write, for instance: {option}: "*-*-* 02:00:00" (every day at two)'
            )
    recipients = variables.get("s3_backup_recipients")
    for recipient in recipients if isinstance(recipients, list) else []:
        if not _RECIPIENT.fullmatch(str(recipient)) and not placeholders.is_one(recipient):
            shown = "a private key" if values.is_private_key(recipient) else recipient
            yield (
                f"s3_backup_recipients has {shown}, expected the public half of an age key. Write the line after "
                '"Public key:" that age-keygen prints, age1…'
            )


def _pool_problems(variables: Variables) -> Iterator[str]:
    environment = variables.get("pgbouncer_environment", "production")
    environments, databases = variables.get("pgbouncer_environments"), variables.get("postgres_primary_databases")
    if not isinstance(environments, dict) or not isinstance(databases, list):
        return
    entry = environments.get(environment)
    pooled = entry.get("database") if isinstance(entry, dict) else None
    own = [database.get("name") for database in databases if isinstance(database, dict)]
    if pooled and own and pooled not in own:
        yield (
            f"pgbouncer_environments: {environment}: database is {pooled}, expected one of this inventory's "
            f"postgres_primary_databases ({', '.join(map(str, own))}). Write: {environment}: {{database: {own[0]}}}"
        )
