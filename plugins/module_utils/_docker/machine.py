# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the wanted stacks cannot be on a machine, by what it answered. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._docker import engine
from ansible_collections.plannerate.infra.plugins.module_utils._docker.answer import Answer

# Releases whose distribution has no Compose v2.
_WITHOUT_COMPOSE = {("debian", "11"), ("debian", "12"), ("ubuntu", "20.04")}


class Wanted(TypedDict):
    """The variables of the role of which the machine decides whether they can be."""

    traefik_name: str
    package_source: str
    daemon: Mapping[str, Any]
    # How many processors each container may take, the role's own numbers too, by its service.
    cpus: Mapping[str, Any]
    trusted_interfaces: Sequence[str]
    owned: bool


def problems(answer: Answer, wanted: Wanted) -> list[str]:
    reasons = []
    system = tuple((answer["os"] or [""])[0].split()[:2])
    if wanted["package_source"] == "distro" and system in _WITHOUT_COMPOSE:
        reasons.append(
            f"{' '.join(system)} has no Compose v2 of its own, found only Compose 1, which cannot wait for healthy containers. "
            "Set docker_host_package_source: docker"
        )
    reasons += engine.problems(answer["installed"], wanted["package_source"], answer["daemon"], wanted["daemon"])
    if answer["compose"] and re.match(r"v?1\.", answer["compose"][0]):
        reasons.append(f"Compose {answer['compose'][0]} is installed, expected version 2 or newer")
    processors = int((answer["processors"] or ["0"])[0])
    reasons += [
        f"{name} is given {cpus} processors, this machine has {processors}, and Docker refuses more than that. Lower its cpus "
        f"({'docker_host_traefik_limits' if name == 'traefik' else 'docker_host_services'})"
        for name, cpus in wanted["cpus"].items()
        if processors and cpus > processors
    ]
    reasons += [
        f"SSH comes to this machine by {name}, a bridge of Docker's, as from a VPN in a container, and the firewall would close that way. "
        f"Write: docker_host_trusted_interfaces: [{', '.join([*wanted['trusted_interfaces'], name])}]"
        for name in sorted({*answer["visitor"]} - {*wanted["trusted_interfaces"]})
        if name in {"docker0", *answer["bridge"]} or (name.startswith("br-") and name not in answer["foreign"])
    ]
    if wanted["traefik_name"] not in answer["container"]:
        for line in answer["port"]:
            port, program = line.split()
            if port in ("80", "443"):
                reasons.append(f"port {port} is taken by {program}, which Traefik needs. Stop and disable it first")
    if not wanted["owned"] and not answer["traefik"]:
        reasons.append(
            "this machine belongs to another inventory (machine_owned is false here), which has not converged it yet. "
            "Converge it from there first"
        )
    return reasons
