# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pure functions behind check-inventory say of an inventory that was made up. Its values need no templating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from support.inventories.drawn import Drawn

from ansible_collections.plannerate.infra.plugins.module_utils._cluster import inputs, members
from ansible_collections.plannerate.infra.plugins.module_utils._docker import answer
from ansible_collections.plannerate.infra.plugins.module_utils._docker import host as docker_host
from ansible_collections.plannerate.infra.plugins.module_utils._inventory import hosts, placeholders, values
from ansible_collections.plannerate.infra.plugins.module_utils._logs import inventory as logs
from ansible_collections.plannerate.infra.plugins.module_utils._monitoring import inventory as monitoring
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer import pools
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup import inventory as s3_backup
from ansible_collections.plannerate.infra.plugins.plugin_utils._specifications import GROUPS, options

# What two roles check, by its name without the role's.
DOCKER_HOST = (
    *("environments", "environment", "app_image", "traefik_image", "pgadmin_email", "acme_email", "package_source"),
    *(
        "services",
        "registries",
        "app_containers",
        "deploy_keys",
        "deploy_key_options",
        "blocked_networks",
        "pgadmin_sources",
        "trusted_proxies",
        "trusted_interfaces",
    ),
)
# Of two, the default goes by another variable.
LIMITS = (
    *("requests_per_second", "requests_burst", "requests_in_flight"),
    *("login_paths", "logins_per_minute", "logins_burst"),
)
LOGS = ("image", "retention_days", "max_disk_gib", "first_upload_hours")
S3 = (
    *("environment", "databases", "bucket", "prefix", "endpoint", "writer_access_key", "writer_secret_key"),
    *(
        "rotator_access_key",
        "rotator_secret_key",
        "exclude_table_data",
        "scratch_directory",
        "encryption",
        "recipients",
    ),
    *("keep_daily", "keep_verified", "rotator", "copy_bucket", "copy_endpoint", "copy_access_key", "copy_secret_key"),
)


@cache
def defaults() -> dict[str, Any]:
    """Of all roles, as far as no other variable is needed for them."""
    found = {
        name: option["default"] for role in GROUPS for name, option in options(role).items() if "default" in option
    }
    return {name: value for name, value in found.items() if "{{" not in str(value)}


def problems(inventory: Drawn) -> list[str]:
    found = hosts.problems(inventory.every(), inventory.groups)
    for host, variables in inventory.every().items():
        hosts.note(found, host, placeholders.problems(variables))
    wrong: dict[str, list[str]] = {}
    for role, group in GROUPS.items():
        for host in inventory.groups.get(group, []):
            hosts.note(wrong, host, values.problems(inventory.variables(host), options(role)))
    # As check-inventory does: with a value of another type, nothing can be computed from it.
    return [*found, *wrong, *(() if wrong else refusals(inventory))]


def refusals(inventory: Drawn) -> Iterator[str]:
    """What the roles would refuse."""
    given, groups = {**defaults(), **inventory.common}, inventory.groups
    described = []
    if groups.get("postgres"):
        try:
            described = members.members_of(
                groups["postgres"],
                inventory.every(),
                groups["machines"],
                {"version": given["postgres_version"]},
                groups["postgres_primary"],
            )
        except members.InventoryError as error:
            yield from str(error).splitlines()[1:]
        else:
            yield from inputs.problems(described, given["postgres_sync_mode"], given["postgres_package_source"], {})
    if groups.get("pgbouncers"):
        room: Any = {
            "max_connections": given["postgres_max_connections"],
            "reserved": given["pgbouncer_reserved_connections"],
            "direct": given["pgbouncer_direct_connections"],
            "max_client_conn": given["pgbouncer_max_client_conn"],
            "poolers": len(groups["pgbouncers"]),
        }
        sizes: Any = {name: given[f"pgbouncer_{name}"] for name in ("pool_mode", "pool_size", "pool_size_session")}
        yield from pools.problems(given["pgbouncer_environments"], given["pgbouncer_environment"], sizes, room)
    if groups.get("docker_hosts"):
        yield from docker_host.problems(answer.parse(""), _docker_host(given))
    if groups.get("s3_backups"):
        own = {
            "s3_backup_databases": [entry["name"] for entry in given["postgres_primary_databases"]],
            "s3_backup_prefix": "production",
        }
        about = {"machines": list(inventory.every()), "writers": groups["s3_backups"]}
        yield from s3_backup.problems({**about, **{name: {**own, **given}[f"s3_backup_{name}"] for name in S3}})
    wanted: Any = {
        name: given[f"monitoring_{name}"] for name in ("receiver", "without_receiver", "smtp", "runbook_url")
    }
    wanted |= {"servers": groups.get("monitoring", []), "members": described}
    wanted |= {"docker_hosts": groups.get("docker_hosts", []), "addresses": []}
    wanted["grafana"] = {name: given[f"monitoring_grafana_{name}"] for name in ("domain", "sources")} | {"taken": []}
    yield from monitoring.problems(wanted)
    stored: Any = {name: given[f"logs_{name}"] for name in LOGS}
    stored |= {"servers": groups.get("log_servers", [])}
    yield from logs.problems(stored)


def _docker_host(given: Mapping[str, Any]) -> Any:
    images = [given[f"docker_host_{name}_image"] for name in ("traefik", "app", "redis", "pgadmin")]
    return {
        **{name: given[f"docker_host_{name}"] for name in DOCKER_HOST},
        "images": images,
        "dns_provider": given["docker_host_acme_dns_provider"],
        "deploy_key_user": "deploy-key-production",
        "daemon": {},
        "cpus": {},
        "variables": {name: given[name] for name in ("docker_host_env", "docker_host_secrets")},
        "owned": given["machine_owned"],
        "traefik_name": "stack-traefik",
        "limits": {name: given.get(f"docker_host_{name}", 0) for name in LIMITS},
    }
