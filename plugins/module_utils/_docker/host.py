# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the wanted stacks cannot be on a Docker host. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._docker import (
    deploy_keys,
    environment,
    environments,
    images,
    limits,
    machine,
    networks,
    registries,
    services,
)
from ansible_collections.plannerate.infra.plugins.module_utils._docker.answer import Answer
from ansible_collections.plannerate.infra.plugins.module_utils._docker.environments import Environment
from ansible_collections.plannerate.infra.plugins.module_utils._docker.limits import Limits


class Wanted(machine.Wanted):
    """The variables of the role that are checked. ``images``: every image that will run, or an empty one."""

    environments: Mapping[str, Environment]
    environment: str
    images: Sequence[str]
    app_image: str
    traefik_image: str
    pgadmin_email: str
    acme_email: str
    dns_provider: str
    services: Mapping[str, Any]
    blocked_networks: Sequence[Any]
    pgadmin_sources: Sequence[Any]
    trusted_proxies: Sequence[Any]
    limits: Limits
    registries: Mapping[str, Any]
    # By the option: variables that become lines of a file.
    variables: Mapping[str, Mapping[str, Any]]
    app_containers: Any
    deploy_keys: Sequence[Any]
    deploy_key_user: str
    deploy_key_options: Mapping[str, Any]


def problems(answer: Answer, wanted: Wanted) -> list[str]:
    """Every reason why the wanted state cannot be, each as one sentence with what was found and what to do."""
    reasons = environments.problems(wanted["environments"], wanted["environment"])
    reasons += images.problems(wanted["app_image"], wanted["images"], wanted["traefik_image"])
    for variable, address in (
        ("docker_host_pgadmin_email", wanted["pgadmin_email"]),
        ("docker_host_acme_email", wanted["acme_email"]),
    ):
        if "@" not in str(address):
            reasons.append(f"{variable} is {address!r}, expected an e-mail address")
    reasons += services.problems(wanted["services"])
    reasons += networks.problems(wanted["blocked_networks"], wanted["pgadmin_sources"], wanted["trusted_proxies"])
    reasons += limits.problems(wanted["limits"])
    reasons += registries.problems(wanted["registries"])
    reasons += [text for option, values in wanted["variables"].items() for text in environment.problems(option, values)]
    reasons += deploy_keys.problems(wanted["deploy_keys"], wanted["deploy_key_user"], wanted["deploy_key_options"])
    if not re.fullmatch(r"[1-9]", str(wanted["app_containers"])):
        reasons.append(f"docker_host_app_containers is {wanted['app_containers']!r}, expected 1 to 9")
    if not reasons and not wanted["dns_provider"]:
        reasons += [
            f"docker_host_environments: {name}: a wildcard needs the DNS-01 challenge. Name the provider in "
            "docker_host_acme_dns_provider, or set wildcard: false"
            for name, entry in wanted["environments"].items()
            if entry.get("wildcard", True)
        ]
    # The machine tells its system, whatever else: without that it was not asked.
    return reasons + (machine.problems(answer, wanted) if answer["os"] else [])
