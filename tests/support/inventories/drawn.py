# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory of one to five machines: names, addresses, ports, and parts that are there or not. Each is good."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

MACHINES = ("db01", "App-2.Example.test", "web", "10gbit", "n_3", "SINGLE.example.test")
MEMBERS = ("pg-main", "pg-replica1", "a", "shop_2", "2nd")
DATABASES = ("shop", "Plannerate", "2024app", "order", "shop_ro", "select", "x" * 55)
# For PostgreSQL alone: PgBouncer's file has no quotes for it, and the aliases of a pool have longer names than their database.
NOT_POOLED = ("a-b", "y" * 63)
OWNERS = ("shop", "App", "_a1", "user", "o" * 40)
# In a secret, in a name of a variable's value, in a password: whatever a keyboard has.
TEXTS = (
    "it's",
    'say "so"',
    "a b  c",
    "$HOME ${X}",
    "50 % off",
    "# no comment",
    "back\\slash\\n",
    "äöü ç ñ €",
    "a=b;c&d",
)
RECIPIENTS = ("age1" + "q" * 58, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJrSPrlSvNTSBVVrbpuGZF9e9+cOBXZ8tuLFAjoBWYTW ops")
RECEIVERS: tuple[dict[str, Any], ...] = (
    {"email_configs": [{"to": "ops@example.test", "send_resolved": True}]},
    {"webhook_configs": [{"url": "https://hooks.example.test/a?b=c&d"}]},
    {"slack_configs": [{"api_url": "https://hooks.example.test/x", "channel": "#ops"}]},
)


@dataclass
class Drawn:
    """An inventory, and what was done to it: by the name of each mutation, what the refusal has to say."""

    number: int
    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    common: dict[str, Any]
    mutations: dict[str, str] = field(default_factory=dict)

    def variables(self, host: str) -> dict[str, Any]:
        return {**self.common, **self.hosts[host]}

    def every(self) -> dict[str, dict[str, Any]]:
        return {host: self.variables(host) for host in self.hosts}

    def write(self, directory: Path) -> Path:
        """As Ansible reads it: JSON is YAML."""
        groups: dict[str, Any] = {
            name: {"hosts": {host: self.hosts[host] for host in hosts}} for name, hosts in self.groups.items()
        }
        if "postgres" in groups:
            groups["postgres"] = {"children": {name: {} for name in ("postgres_primary", "postgres_replica")}}
        path = directory / f"{self.number}.yml"
        path.write_text(json.dumps({**groups, "all": {"vars": self.common}}))
        return path


class Draw(random.Random):
    def some(self, values: Any, least: int = 0) -> list[Any]:
        return self.sample(list(values), self.randint(least, len(values)))

    def maybe(self, share: float = 0.5) -> bool:
        return self.random() < share


def drawn(number: int) -> Drawn:
    """A good one, always the same for the same number."""
    draw = Draw(number)
    machines = draw.some(MACHINES, 1)[:5]
    # Each inventory has machines of its own: nothing of one contradicts another.
    network = ip_network(f"2001:db8:{number:x}::/112" if draw.maybe(0.3) else f"10.{number // 256}.{number % 256}.0/24")
    offsets = draw.sample(range(1, 200), len(machines) + 3)
    addresses = [str(network[offset]) for offset in offsets]
    hosts = {name: _machine(draw, address) for name, address in zip(machines, addresses)}
    common: dict[str, Any] = {"machine_authority": draw.choice(machines)}
    groups = {"machines": machines}
    if draw.maybe(0.9):
        _postgres(draw, hosts, groups, common, addresses[len(machines) :])
    if draw.maybe(0.7):
        _monitoring(draw, groups, common)
    if draw.maybe(0.3):
        common["machine_ssh_sources"] = [str(network), *draw.some(["any"])]
        common["machine_ssh_never_banned"] = [addresses[-1]]
    if draw.maybe(0.3):
        common |= {"ansible_port": 2222, "machine_ssh_port": 2222}
    if draw.maybe(0.3):
        common["machine_http_proxy"] = draw.choice(["http://proxy.example.test:3128", "http://[2001:db8::1]:8080/"])
        common["machine_http_proxy_exceptions"] = draw.some(
            ["registry.example.test", ".example.test", "10.0.0.1", "::1"]
        )
    if draw.maybe(0.3):
        common["machine_apt_mirror"] = draw.choice(
            ["https://packages.example.test", "http://10.0.0.9:8081/repository/"]
        )
    if "docker_hosts" in groups and draw.maybe():
        _logs(draw, groups, common)
    return Drawn(number, hosts, groups, common)


def _machine(draw: Draw, address: str) -> dict[str, Any]:
    """Ansible may reach a machine by another address, or by a name, than the other machines."""
    if draw.maybe(0.2):
        return {"ansible_host": draw.choice(["ssh.example.test", "198.51.100.7"]), "machine_address": address}
    return {"ansible_host": address}


def _postgres(draw: Draw, hosts: dict, groups: dict, common: dict, clients: list[str]) -> None:
    machines = groups["machines"]
    members = draw.some(MEMBERS, 1)
    places = {name: draw.choice(machines) for name in members}
    ports = dict(zip(members, draw.sample(range(5432, 5500), len(members))))
    for name in members:
        hosts[name] = {"postgres_machine": places[name], "postgres_port": ports[name]}
    groups |= {"postgres": members, "postgres_primary": members[:1], "postgres_replica": members[1:]}
    names = [draw.choice(DATABASES), *draw.some(NOT_POOLED)]
    owners = draw.sample(OWNERS, len(names))
    common["postgres_primary_databases"] = [
        {"name": name, "owner": owner, **({"password": draw.choice(TEXTS)} if draw.maybe(0.3) else {})}
        for name, owner in zip(names, owners)
    ]
    common["postgres_version"] = draw.choice([15, 17])
    common["postgres_sync_mode"] = draw.choice(["quorum", "all", "async"])
    common["postgres_clients"] = draw.some(
        [clients[0], "198.51.100.0/24", "198.51.100.9/24", "2001:DB8::A", "0.0.0.0/0"]
    )
    common["postgres_max_connections"] = draw.choice([150, 300])
    if draw.maybe(0.3):
        common["postgres_settings"] = {"work_mem": "8MB", "Log_Line_Prefix": draw.choice(["%m it's ", "%q "])}
    if draw.maybe(0.6):
        _pgbouncer(draw, groups, common, names[0])
        if draw.maybe(0.7):
            _docker(draw, groups, common)
            # A client network with the Docker host in it would lead past the pools.
            common["postgres_clients"] = [client for client in common["postgres_clients"] if client != "0.0.0.0/0"]
    if draw.maybe(0.5):
        _backups(draw, groups, common, sorted(set(places.values())))


def _pgbouncer(draw: Draw, groups: dict, common: dict, database: str) -> None:
    groups["pgbouncers"] = [draw.choice(groups["machines"])]
    entry: dict[str, Any] = {"database": database}
    if draw.maybe():
        entry |= {"pool_mode": draw.choice(["transaction", "session"]), "pool_size": draw.randint(2, 30)}
    common["pgbouncer_environments"] = {"production": entry}
    common["pgbouncer_port"] = draw.choice([6432, 7000])
    if draw.maybe(0.3):
        common["pgbouncer_clients"] = ["198.51.100.7/24", "2001:DB8::B"]


def _docker(draw: Draw, groups: dict, common: dict) -> None:
    groups["docker_hosts"] = [draw.choice(groups["machines"])]
    secrets = {f"SECRET_{number}": text for number, text in enumerate(draw.some(TEXTS))}
    common |= {
        "docker_host_environments": {"production": {"domain": "shop.example.test", "wildcard": False}},
        "docker_host_app_image": draw.choice(
            ["registry.example.test:5000/shop/app:1.4", "ghcr.io/shop/app@sha256:" + "0" * 64]
        ),
        "docker_host_pgadmin_email": "ops@example.test",
        "docker_host_acme_email": "ops@example.test",
        "docker_host_app_containers": draw.randint(1, 3),
        "docker_host_env": {"SESSION_DOMAIN": None, "DEBUG": False, "QUOTED": draw.choice(TEXTS)},
        "docker_host_secrets": {"APP_KEY": draw.choice(TEXTS), **secrets},
    }
    if draw.maybe(0.3):
        common["docker_host_registries"] = {
            "registry.example.test:5000": {"username": "u", "password": draw.choice(TEXTS)}
        }
    if draw.maybe(0.3):
        common["docker_host_address_pools"] = [{"base": "172.30.0.0/16", "size": 24}]


def _backups(draw: Draw, groups: dict, common: dict, places: list[str]) -> None:
    groups["s3_backups"] = [draw.choice(places)]
    common |= {
        "s3_backup_bucket": "shop-backups",
        "s3_backup_endpoint": "https://s3.example.test",
        "s3_backup_writer_access_key": "writer",
        "s3_backup_writer_secret_key": draw.choice(TEXTS),
        "s3_backup_rotator_access_key": "rotator",
        "s3_backup_rotator_secret_key": draw.choice(TEXTS),
        "s3_backup_recipients": [draw.choice(RECIPIENTS)],
        "s3_backup_schedule": draw.choice(
            ["daily", "*-*-* 02:30:00", "Sun 03:00", "Mon..Fri *-*-* 01:30:00 America/Sao_Paulo"]
        ),
    }


def _monitoring(draw: Draw, groups: dict, common: dict) -> None:
    groups["monitoring"] = [draw.choice(groups["machines"])]
    if draw.maybe(0.3):
        common["monitoring_without_receiver"] = True
    else:
        common["monitoring_receiver"] = draw.choice(RECEIVERS)
        common["monitoring_smtp"] = {
            "smtp_smarthost": "mail.example.test:587",
            "smtp_from": "ops@example.test",
            "smtp_auth_password": draw.choice(TEXTS),
        }
    if draw.maybe(0.3):
        common["monitoring_dead_man_url"] = "https://dead.example.test/?a=b"
    common["monitoring_interval"] = draw.choice([5, 15, 60])


def _logs(draw: Draw, groups: dict, common: dict) -> None:
    groups["log_servers"] = list(groups["docker_hosts"])
    common |= {
        "logs_image": draw.choice(
            ["victoriametrics/victoria-logs:v1.52.1", "registry.example.test:5000/logs@sha256:" + "0" * 64]
        ),
        "logs_retention_days": draw.choice([1, 90]),
        "logs_max_disk_gib": draw.choice([1, 500]),
    }
    if draw.maybe(0.3):
        common["logs_port"] = 9500
