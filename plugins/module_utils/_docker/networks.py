# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses and networks an inventory may name. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import is_source


def problems(blocked: Sequence[Any], pgadmin_sources: Sequence[Any], trusted_proxies: Sequence[Any]) -> list[str]:
    given = {
        "docker_host_blocked_networks": (blocked, "those of the metadata"),
        "docker_host_pgadmin_sources": (
            pgadmin_sources,
            "those from where its users come. Without any, it is reached by SSH",
        ),
        "docker_host_trusted_proxies": (trusted_proxies, "those of the proxy or CDN"),
    }
    reasons = []
    for option, (sources, expected) in given.items():
        for source in sources:
            if not is_source(source):
                reasons.append(f"{option} has {source}, expected an IP address, or a network such as 192.0.2.0/24")
            elif str(source).endswith("/0"):
                reasons.append(f"{option} has {source}, which is everybody, expected {expected}")
    return reasons
