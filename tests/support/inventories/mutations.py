# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people get wrong in an inventory, each with the words by which its refusal is known from any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support.inventories.drawn import Draw, Drawn, drawn

# How many of the inventories have one or two of them.
SHARE = 0.3


@dataclass(frozen=True)
class Mutation:
    """Change of one thing: ``touches`` what no other change of the same inventory may touch, ``needs`` groups that have hosts.

    With ``role`` a role refuses it, by its types or by what it computes: one of these hides others, which the next check shows.
    """

    touches: str
    words: str
    change: Callable[[Drawn], Any]
    needs: tuple[str, ...] = ()
    role: bool = False


def _set(**variables: Any) -> Callable[[Drawn], Any]:
    return lambda inventory: inventory.common.update(variables)


def _named(inventory: Drawn) -> None:
    """A machine whose address others use has a name only."""
    machine = inventory.hosts[inventory.groups["postgres"][0]]["postgres_machine"]
    inventory.hosts[machine] = {"ansible_host": f"db{inventory.number}.example.com"}


def _member(**variables: Any) -> Callable[[Drawn], Any]:
    return lambda inventory: inventory.hosts[inventory.groups["postgres"][0]].update(variables)


def _owner(name: str) -> Callable[[Drawn], Any]:
    return lambda inventory: inventory.common["postgres_primary_databases"][0].update(owner=name)


def _environment(option: str, **values: Any) -> Callable[[Drawn], Any]:
    return lambda inventory: inventory.common[option]["production"].update(values)


def _elsewhere(inventory: Drawn) -> None:
    first, last = inventory.groups["postgres"][0], inventory.groups["postgres"][-1]
    inventory.hosts[last]["postgres_machine"] = "nowhere"
    _backup_beside(inventory, first)


def _same_port(inventory: Drawn) -> None:
    first, second = inventory.groups["postgres"][:2]
    inventory.hosts[second].update(inventory.hosts[first])
    _backup_beside(inventory, first)


def _backup_beside(inventory: Drawn, member: str) -> None:
    """Where the backups were there may be no member any more, which is another mistake."""
    if "s3_backups" in inventory.groups:
        inventory.groups["s3_backups"] = [inventory.hosts[member]["postgres_machine"]]


def _other_ssh_port(inventory: Drawn) -> None:
    inventory.common.pop("machine_ssh_port", None)
    inventory.common["ansible_port"] = 2200


def _no_receiver(inventory: Drawn) -> None:
    inventory.common.update(monitoring_without_receiver=False, monitoring_receiver={})


def _pem(inventory: Drawn) -> None:
    inventory.common["docker_host_env"]["PEM"] = "one\ntwo"


def _no_members(inventory: Drawn) -> None:
    for name in inventory.groups.pop("postgres"):
        del inventory.hosts[name]
    for name in ("postgres_primary", "postgres_replica", "s3_backups"):
        inventory.groups.pop(name, None)


def _no_engine(inventory: Drawn) -> None:
    inventory.groups.pop("docker_hosts")


def _more_log_servers(beside: bool) -> Callable[[Drawn], Any]:
    """On a machine that has no containers."""

    def change(inventory: Drawn) -> None:
        inventory.hosts["logs"] = {"ansible_host": f"10.255.{inventory.number // 256}.{inventory.number % 256}"}
        inventory.groups["machines"].append("logs")
        inventory.groups["log_servers"] = [*(inventory.groups["log_servers"] if beside else ()), "logs"]

    return change


def _no_pooler(inventory: Drawn) -> None:
    inventory.groups.pop("pgbouncers")


MUTATIONS: dict[str, Mutation] = {
    # Names
    "authority": Mutation("machine_authority", "machine_authority is nobody", _set(machine_authority="nobody")),
    "owner is a role of PostgreSQL": Mutation("databases", "owner is postgres", _owner("postgres"), ("postgres",)),
    "owner with a hyphen": Mutation("databases", "owner is a-b", _owner("a-b"), ("postgres",)),
    "owner of the collection": Mutation("databases", "owner is replicator", _owner("replicator"), ("postgres",)),
    "database of the pool": Mutation(
        "pools", "database is another", _environment("pgbouncer_environments", database="another"), ("pgbouncers",)
    ),
    "machine of a member": Mutation(
        "members", "postgres_machine is 'nowhere'", _elsewhere, ("postgres_replica",), role=True
    ),
    "key of a pool": Mutation(
        "pools", "pool_sise", _environment("pgbouncer_environments", pool_sise=3), ("pgbouncers",), role=True
    ),
    "key of a receiver": Mutation(
        "receiver",
        "email_config is not known",
        _set(monitoring_receiver={"email_config": []}),
        ("monitoring",),
        role=True,
    ),
    # Addresses
    "name of a machine": Mutation(
        "addresses",
        ".example.com, expected an IP address",
        _named,
        ("postgres",),
    ),
    "client by name": Mutation(
        "clients", "postgres_clients has app01", _set(postgres_clients=["app01"]), ("postgres",)
    ),
    "way in by name": Mutation("ways in", "machine_ssh_sources has office", _set(machine_ssh_sources=["office"])),
    "proxy with a password": Mutation(
        "proxy", "machine_http_proxy is http://…@proxy", _set(machine_http_proxy="http://a:b@proxy.example.test:3128")
    ),
    "mirror of a file": Mutation("mirror", "machine_apt_mirror is file:/srv", _set(machine_apt_mirror="file:/srv")),
    # Ports
    "port of SSH": Mutation("ssh", "ansible_port is 2200", _other_ssh_port),
    "port out of range": Mutation(
        "members", "postgres_port is 70000", _member(postgres_port=70000), ("postgres",), role=True
    ),
    "port twice": Mutation("members", "is already", _same_port, ("postgres_replica",), role=True),
    # Values as texts, and of other types
    "false as a text": Mutation(
        "machine_owned", 'machine_owned is the text "false"', _set(machine_owned="false"), role=True
    ),
    "number as a text": Mutation(
        "connections",
        'postgres_max_connections is the text "150"',
        _set(postgres_max_connections="150"),
        ("postgres",),
        role=True,
    ),
    "list as a text": Mutation(
        "clients", "postgres_clients is the text", _set(postgres_clients="10.0.0.1,10.0.0.2"), ("postgres",), role=True
    ),
    "number for a list": Mutation(
        "ports", "docker_host_public_ports is 443", _set(docker_host_public_ports=443), ("docker_hosts",), role=True
    ),
    "null for a dictionary": Mutation(
        "settings", "postgres_settings is null", _set(postgres_settings=None), ("postgres",), role=True
    ),
    # Values that cannot be
    "mode": Mutation(
        "mode", "postgres_sync_mode is quorom", _set(postgres_sync_mode="quorom"), ("postgres",), role=True
    ),
    "schedule": Mutation(
        "schedule", "s3_backup_schedule is 'at two'", _set(s3_backup_schedule="at two"), ("s3_backups",)
    ),
    "recipient": Mutation(
        "recipient", "s3_backup_recipients has age1x", _set(s3_backup_recipients=["age1x"]), ("s3_backups",)
    ),
    "one key for both": Mutation(
        "keys", "have the same access key", _set(s3_backup_rotator_access_key="writer"), ("s3_backups",), role=True
    ),
    "placeholder": Mutation(
        "keys", "is replace-me, as in the example", _set(s3_backup_writer_secret_key="replace-me"), ("s3_backups",)
    ),
    "pool that is too large": Mutation(
        "pools", "server connections", _environment("pgbouncer_environments", pool_size=900), ("pgbouncers",), role=True
    ),
    "several lines": Mutation("env", "PEM has several lines", _pem, ("docker_hosts",), role=True),
    "wildcard": Mutation(
        "environments",
        "a wildcard needs the DNS-01 challenge",
        _environment("docker_host_environments", wildcard=True),
        ("docker_hosts",),
        role=True,
    ),
    "no receiver": Mutation("receiver", "monitoring_receiver is empty", _no_receiver, ("monitoring",), role=True),
    "image of the log server": Mutation(
        "logs", "logs_image is 'victoria-logs'", _set(logs_image="victoria-logs"), ("log_servers",), role=True
    ),
    "days of logs": Mutation(
        "logs", "logs_retention_days is 0", _set(logs_retention_days=0), ("log_servers",), role=True
    ),
    "room for logs as a text": Mutation(
        "logs", 'logs_max_disk_gib is the text "10"', _set(logs_max_disk_gib="10"), ("log_servers",), role=True
    ),
    # Groups
    "two log servers": Mutation(
        "log servers", ", logs, expected one machine", _more_log_servers(beside=True), ("log_servers",)
    ),
    "log server without containers": Mutation(
        "log servers", "logs, which is not in docker_hosts", _more_log_servers(beside=False), ("log_servers",)
    ),
    "logs without an engine": Mutation(
        "groups", "the group log_servers has hosts and the group docker_hosts has none", _no_engine, ("log_servers",)
    ),
    "pools without members": Mutation(
        "groups", "the group pgbouncers has hosts and the group postgres has none", _no_members, ("pgbouncers",)
    ),
    "application without a pooler": Mutation(
        "groups", "the group docker_hosts has hosts and the group pgbouncers has none", _no_pooler, ("docker_hosts",)
    ),
}


def mutated(number: int) -> Drawn:
    """An inventory, always the same for the same number, with what is wrong in it."""
    inventory = drawn(number)
    # Of another kind of numbers, so that one more mutation changes no good inventory.
    draw = Draw(f"mutations of {number}")
    if not draw.maybe(SHARE):
        return inventory
    names = [
        name for name, mutation in MUTATIONS.items() if all(inventory.groups.get(group) for group in mutation.needs)
    ]
    touched: set[str] = set()
    for name in draw.sample(names, min(len(names), draw.randint(1, 2))):
        mutation = MUTATIONS[name]
        # What is left of groups decides which others can be seen at all.
        touches = {mutation.touches, "a role"} if mutation.role else {mutation.touches}
        if touches & touched or (touched and "groups" in touches | touched):
            continue
        mutation.change(inventory)
        touched |= touches
        inventory.mutations[name] = mutation.words
    return inventory


def unmatched(inventory: Drawn, told: list[str]) -> list[str]:
    """Refusals that no mutation explains, and mutations that nobody refused."""
    words = inventory.mutations
    return [f"not made: {text}" for text in told if not any(word in text for word in words.values())] + [
        f"not refused: {name}" for name, word in words.items() if not any(word in text for text in told)
    ]
