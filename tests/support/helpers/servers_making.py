# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a member is made: its data directory, and its settings as the role renders them."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import yaml
from support.helpers.checkout import ROOT
from support.helpers.servers_base import OWNER, own, run

if TYPE_CHECKING:
    from support.helpers.servers import Servers

TEMPLATES = ROOT / "roles" / "postgres" / "templates"
SMALL = {
    "shared_buffers": "16MB",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    # Less to wait for than by default: 5 s and 60 s.
    "wal_retrieve_retry_interval": "200ms",
    "wal_sender_timeout": "10s",
    "autovacuum": "off",
    # Otherwise a server that was killed leaves shared memory behind, outside of its directory.
    "dynamic_shared_memory_type": "mmap",
    # A log is shown where a test fails.
    "log_connections": "off",
    "log_disconnections": "off",
}


def make(servers: Servers, name: str) -> None:
    member = servers.members[name]
    run(["cp", "--archive", "--reflink=auto", str(servers.base.data), member["data_directory"]])
    config = Path(member["config_directory"])
    (config / "conf.d").mkdir(parents=True)
    own(config)
    own(config / "conf.d")
    variables = {
        "ansible_managed": "Ansible managed",
        "inventory_hostname": name,
        "postgres_member": member,
        "postgres_socket_directory": str(servers.sockets),
        "_postgres_effective_settings": {
            **_fixed_settings(),
            **_own_settings(servers, name),
            **SMALL,
            **servers.settings,
        },
    }
    for template, target in (
        ("postgresql.conf.j2", "postgresql.conf"),
        ("settings.conf.j2", "conf.d/50-settings.conf"),
    ):
        rendered = jinja2.Environment(trim_blocks=True).from_string((TEMPLATES / template).read_text())
        (config / target).write_text(rendered.render(variables))
    users = {OWNER, getpass.getuser()}
    (config / "pg_ident.conf").write_text(
        "".join(f"tests {user} {role}\n" for user in users for role in ("postgres", "writer", "neighbour", "dump"))
    )
    (config / "pg_hba.conf").write_text(
        "local all postgres,writer,neighbour,dump peer map=tests\n"
        "local all all scram-sha-256\n"
        "hostssl replication replicator 127.0.0.0/8 scram-sha-256\n"
        "hostssl postgres replicator 127.0.0.0/8 scram-sha-256\n"
    )
    servers.unit(name).write_text(
        f"{servers.base.programs} {member['data_directory']} {member['config_directory']} {servers.log_file(name)}\n"
    )
    own(servers.directory / "data")
    if name != servers.primary:
        servers.follow(name, servers.primary)


def _fixed_settings() -> dict[str, object]:
    """What the role sets on every member, without what it computes."""
    variables = yaml.safe_load((ROOT / "roles" / "postgres" / "vars" / "main" / "settings.yml").read_text())
    return {
        name: value for name, value in variables["_postgres_fixed_settings"].items() if not str(value).startswith("{{")
    }


def _own_settings(servers: Servers, name: str) -> dict[str, object]:
    return {
        "cluster_name": name,
        "listen_addresses": servers.members[name]["address"],
        "port": servers.members[name]["port"],
        "external_pid_file": servers.log_file(name).with_suffix(".pid"),
        "ssl_cert_file": servers.base.certificate,
        "ssl_key_file": servers.base.key,
        "ssl_ca_file": servers.base.certificate,
    }
