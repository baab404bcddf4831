# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an inventory is measured, what must be closed and private, and what the tasks found. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.overview import overview

Groups = Mapping[str, Sequence[str]]
HostVars = Mapping[str, Mapping[str, Any]]

# By part, the groups that it needs; its hosts are of the first.
GROUPS = {
    "replication": ("postgres",),
    "pool": ("pgbouncers",),
    "backup": ("s3_backups",),
    "security": ("machines",),
    "stress": ("pgbouncers", "postgres"),
    "recovery": ("pgbouncers", "postgres"),
    "failover": ("pgbouncers", "postgres"),
}
# They are noticed by users, so they are measured where they are named, and with the words alone.
DISTURBING = ("stress", "recovery", "failover")
NOT_ALLOWED = (
    "nothing was done: it disturbs, and needs -e validate_disruptive=true -e validate_confirm=<the inventory's name>"
)
# What programs of this collection listen on, and what is known to be left open elsewhere: Docker's API, Redis, dashboards.
_NOT_FOR_STRANGERS = (2375, 6379, 8080, 9090, 9093, 9100)


class Parts(TypedDict):
    """``refused``: parts that disturb, and were asked for without the words."""

    measured: list[str]
    refused: list[str]
    left_out: list[str]
    unknown: list[str]


class Targets(TypedDict):
    """Of one machine: ports for everybody, those that a proxy on it leads to, those that have to refuse plaintext, and files."""

    public: list[int]
    behind_proxy: list[int]
    encrypted: list[int]
    secret_files: list[str]
    private_files: list[str]


def parts(asked: str | Sequence[str], groups: Groups, may_disturb: bool = False) -> Parts:
    """:arg asked: names, as a list or with commas between them; none for all that disturb nobody."""
    names = asked.split(",") if isinstance(asked, str) else asked
    wanted = [name for name in (name.strip() for name in names) if name]
    wanted = wanted or [name for name in GROUPS if name not in DISTURBING]
    known = [name for name in GROUPS if name in wanted]
    there = [name for name in known if all(map(groups.get, GROUPS[name]))]
    refused = [name for name in there if name in DISTURBING and not may_disturb]
    return {
        "measured": [name for name in there if name not in refused],
        "refused": refused,
        "left_out": [name for name in known if name not in there],
        "unknown": sorted(set(wanted) - set(GROUPS)),
    }


def targets(machine: str, groups: Groups, hostvars: HostVars) -> Targets:
    mine = hostvars[machine]
    is_docker_host = machine in groups.get("docker_hosts", ())
    stacks = mine.get("docker_host_base_directory", "/opt/stacks")
    environments = mine.get("docker_host_environments", {}) if is_docker_host else {}
    secret_files = [mine.get("machine_credentials_file", "/root/.credentials")]
    secret_files += [f"{stacks}/{name}/.env" for name in environments]
    certificates = mine.get("machine_tls_directory", "/etc/ssl/machine")
    return {
        "public": [
            int(mine.get("machine_ssh_port", 22)),
            *(map(int, mine.get("docker_host_public_ports", (80, 443))) if is_docker_host else ()),
            *((80, 443) if _has_edge(machine, groups) else ()),
        ],
        "behind_proxy": _behind_proxy(machine, groups, mine) if is_docker_host else [],
        "encrypted": _encrypted(machine, groups, hostvars),
        "secret_files": secret_files,
        "private_files": [
            *secret_files,
            mine.get("machine_ca_directory", "/root/ca"),
            *(f"{certificates}/{name}.key" for name in ("machine", "client")),
            "/etc/pgbouncer/userlist.txt",
        ],
    }


def _has_edge(machine: str, groups: Groups) -> bool:
    """Whether the status page has the ports of the web by itself; on a Docker host they are Traefik's there."""
    return machine in groups.get("status", ()) and machine not in groups.get("docker_hosts", ())


def _behind_proxy(machine: str, groups: Groups, mine: Mapping[str, Any]) -> list[int]:
    """Ports that Traefik on a Docker host reaches, by rules that C(ufw status) does not show: as C(_docker_host_local_ports) has them."""
    has_grafana = machine in groups.get("monitoring", ()) and mine.get("monitoring_grafana_domain")
    return [
        *([int(mine.get("monitoring_grafana_port", 3000))] if has_grafana else ()),
        *([int(mine.get("status_page_port", 8085))] if machine in groups.get("status", ()) else ()),
    ]


def closed(groups: Groups, hostvars: HostVars) -> dict[str, dict[str, Any]]:
    """By machine, its address for the controller, and the ports that are closed to strangers."""
    return {
        machine: {
            "address": hostvars[machine].get("ansible_host", machine),
            # An exporter's port is its member's with a 1 before it.
            "ports": [
                *_encrypted(machine, groups, hostvars),
                *(int(f"1{port}") for port in _members(machine, groups, hostvars)),
                *_NOT_FOR_STRANGERS,
            ],
        }
        for machine in groups["machines"]
    }


def edges(groups: Groups, hostvars: HostVars) -> dict[str, str]:
    """By domain, the address of the machine that serves it."""
    found = {
        environment["domain"]: hostvars[machine].get("ansible_host", machine)
        for machine in groups.get("docker_hosts", ())
        for environment in hostvars[machine].get("docker_host_environments", {}).values()
    }
    for machine in groups.get("status", ()):
        domain = hostvars[machine].get("status_page_domain")
        # Of a page behind Traefik of a Docker host the headers are nobody's promise.
        if domain and _has_edge(machine, groups):
            found[domain] = hostvars[machine].get("ansible_host", machine)
    return found


def _members(machine: str, groups: Groups, hostvars: HostVars) -> list[int]:
    """Ports of the members on a machine."""
    members = [hostvars[name] for name in groups.get("postgres", ())]
    return [int(member.get("postgres_port", 5432)) for member in members if member.get("postgres_machine") == machine]


def _encrypted(machine: str, groups: Groups, hostvars: HostVars) -> list[int]:
    pooler = [int(hostvars[machine].get("pgbouncer_port", 6432))] if machine in groups.get("pgbouncers", ()) else []
    return [*_members(machine, groups, hostvars), *pooler]


def found(measured: Sequence[str], groups: Groups, hostvars: HostVars) -> dict[str, Any]:
    """By part, what its tasks registered, as C(report.py) reads it."""
    members = groups.get("postgres", ())
    first = hostvars[members[0]] if members else {}
    gathered: dict[str, Any] = {}
    if "replication" in measured:
        topology = first.get("postgres_topology") or {}
        gathered["replication"] = {
            "standbys": [name for name in members if name != topology.get("primary")],
            "lag": _answer(first, "__validate_lag"),
            "reads": _answer(first, "__validate_cluster"),
            "reason": "; ".join(topology.get("errors") or []),
        }
    if "pool" in measured:
        gathered["pool"] = {
            name: _pools(_answer(hostvars[name], "__pgbouncer_overview")) for name in groups["pgbouncers"]
        }
    if "backup" in measured:
        gathered["backup"] = _backups(hostvars[groups["s3_backups"][0]])
    if "security" in measured:
        gathered["security"] = {
            "machines": {name: _machine(name, groups, hostvars) for name in groups["machines"]},
            "outside": _answer(hostvars[groups["machines"][0]], "__validate_outside"),
            "cluster": _answer(first, "__validate_cluster") if members else None,
        }
    for part in DISTURBING:
        if part in measured:
            gathered[part] = first.get(f"validate_{part}_found") or {"reason": NOT_ALLOWED}
    return gathered


def _answer(host: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return host.get(name) or {}


def _reason(answer: Mapping[str, Any]) -> str:
    return str(answer.get("stderr") or answer.get("msg") or "it was not asked").strip()[-500:]


def _pools(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"rows": overview(answer["stdout"])} if answer.get("rc") == 0 else {"reason": _reason(answer)}


def _backups(host: Mapping[str, Any]) -> dict[str, Any]:
    jobs, bucket = _answer(host, "__validate_jobs"), _answer(host, "__validate_bucket")
    result: dict[str, Any] = {"environment": host.get("s3_backup_environment", "production")}
    if jobs.get("rc") == 0:
        result["jobs"] = json.loads(jobs["stdout"])["jobs"]
    if bucket.get("rc") == 0:
        result["backups"] = json.loads(bucket["stdout"])["backups"]
    bad = [_reason(answer) for answer in (jobs, bucket) if answer.get("rc") != 0]
    return {**result, **({"reason": "; ".join(bad)} if bad else {})}


def _machine(name: str, groups: Groups, hostvars: HostVars) -> dict[str, Any]:
    answer = _answer(hostvars[name], "__validate_machine")
    if "sockets" not in answer:
        return {"reason": _reason(answer)}
    wanted = targets(name, groups, hostvars)
    return {**answer, "public": wanted["public"], "behind_proxy": wanted["behind_proxy"]}
