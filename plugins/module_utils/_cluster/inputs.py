# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory asks of the cluster that cannot be. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import MODES
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.versions import OF_DISTRIBUTIONS

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member

PACKAGE_SOURCES = ("distro", "pgdg")


def problems(
    members: Sequence[Member],
    sync_mode: str,
    package_source: str,
    machines: Mapping[str, Mapping[str, Any]],
    sync_count: object = 1,
) -> list[str]:
    """Each problem as one sentence with what was found and what to do.

    :arg sync_count: how many standbys confirm a commit in mode quorum.
    :arg machines: what is known of each machine by its name; empty as long as none was asked.
    """
    found = []
    if sync_mode not in MODES:
        found.append(f"postgres_sync_mode is {sync_mode}, expected one of {', '.join(MODES)}")
    standbys = max(1, len(members) - 1)
    if _integer(sync_count) not in range(1, standbys + 1):
        found.append(
            f"postgres_sync_count is {sync_count}, expected an integer from 1 to {standbys}, the number of standbys: so many of them "
            "confirm a commit in mode quorum. Lower it, or add standbys"
        )
    if package_source not in PACKAGE_SOURCES:
        found.append(f"postgres_package_source is {package_source}, expected {' or '.join(PACKAGE_SOURCES)}")
    if package_source == "distro":
        versions = {member["machine"]: member["version"] for member in members if member["machine"] in machines}
        found += _missing_versions(versions, machines)
    return found


def past_the_pooler(
    clients: Sequence[str], docker_hosts: Mapping[str, Sequence[str]], variable: str = "postgres_clients"
) -> list[str]:
    """Docker hosts among the members' clients, whose containers would take connections that no pool counts.

    :arg clients: addresses and networks.
    :arg docker_hosts: addresses of each by its name.
    :arg variable: where the clients are listed.
    """
    return [
        f"{variable} has {client}, which is the Docker host {name} or a network with it: its containers would reach the members "
        "past PgBouncer and its pools. Remove it there (pgbouncer_clients has the Docker hosts), or set postgres_direct_docker_hosts: true "
        "as long as one of its applications does not connect through PgBouncer, or the host itself needs it: one in s3_backups dumps "
        "from there. Better, move that job to a machine without containers"
        for client in clients
        for name, addresses in docker_hosts.items()
        if any(_holds(client, address) for address in addresses)
    ]


def _holds(client: str, address: str) -> bool:
    """Whether a client of the inventory is an address, or a network with it; a name is only itself."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(client, strict=False)
    except ValueError:
        return client == address


def _integer(value: object) -> int | None:
    """A number, also as text, which is how the command line gives it."""
    return int(str(value)) if re.fullmatch(r"\d+", str(value)) else None


def _missing_versions(versions: Mapping[str, int], machines: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Machines whose distribution has another release than the one that is wanted, where that is not installed either."""
    found = []
    for machine, version in versions.items():
        distribution = machines[machine]["distribution"]
        offered = OF_DISTRIBUTIONS.get(distribution)
        if offered != version and version not in machines[machine]["programs"]:
            found.append(
                f"{machine} is {distribution}, whose own PostgreSQL is {offered or 'not known here'}, but postgres_version is "
                f"{version}. Set postgres_package_source to pgdg{f', or postgres_version to {offered}' if offered else ''}, or install "
                f"postgresql-{version} there first, from a source of your own"
            )
    return found
