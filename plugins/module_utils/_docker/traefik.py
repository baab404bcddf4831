# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of Traefik's file provider: rendered, marked, and compared with what its API answers. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# A file of the file provider as data, as far as its user writes it.
Content = Mapping[str, Any]
# C(routers), C(services) and C(middlewares), each a list of rows of the API.
ApiAnswer = Mapping[str, list[dict[str, Any]]]
# Runs in the container's network, where the API listens on loopback; needs nothing of the container's own. The middlewares come
# first: once they have the marker, the answers after them are of the new content too.
ASK = """
import http.client, json, sys
answer = {}
for kind in ("middlewares", "routers", "services"):
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    connection.request("GET", "/api/http/%s?per_page=10000" % kind)
    answer[kind] = json.load(connection.getresponse())
print(json.dumps(answer))
"""


def render(content: Content) -> str:
    """The content as text. JSON is YAML, needs no library on the machine, and is the same every time."""
    return "# Written by Ansible; changes are overwritten.\n" + json.dumps(content, indent=2, sort_keys=True) + "\n"


def marker(content: Content) -> str:
    """Name of the middleware by which Traefik is seen to have loaded this content."""
    return "loaded-" + hashlib.sha256(render(content).encode()).hexdigest()[:12]


def marked(content: Content) -> dict[str, Any]:
    """The content with its marker, a middleware that changes nothing and that no router uses."""
    http = dict(content.get("http") or {})
    http["middlewares"] = {
        **(http.get("middlewares") or {}),
        marker(content): {"headers": {"contentTypeNosniff": True}},
    }
    return {**content, "http": http}


def load_problems(content: Content, answer: ApiAnswer) -> list[str]:
    """What of the content Traefik does not have, or does not accept."""
    problems = []
    for kind in ("routers", "services", "middlewares"):
        rows = {row["name"]: row for row in answer[kind]}
        for name in (content.get("http") or {}).get(kind) or {}:
            row = rows.get(f"{name}@file")
            what = f"{kind[:-1]} {name}"
            if row is None:
                problems.append(f"{what} is missing")
            elif row.get("status") != "enabled" or row.get("error"):
                reasons = row.get("error") or [f"its status is {row.get('status')}"]
                problems.append(f"{what}: {', '.join(reasons if isinstance(reasons, list) else [reasons])}")
    return problems


def without_server(content: Content, answer: ApiAnswer) -> list[str]:
    """The services of the content that have a health check and no server that is up, each with what its servers are."""
    rows = {row["name"]: row for row in answer["services"]}
    services = []
    for name, service in ((content.get("http") or {}).get("services") or {}).items():
        if not ((service or {}).get("loadBalancer") or {}).get("healthCheck"):
            continue
        servers = (rows.get(f"{name}@file") or {}).get("serverStatus") or {}
        if "UP" not in servers.values():
            states = ", ".join(f"{url} is {state}" for url, state in sorted(servers.items())) or "it has no server"
            services.append(f"service {name}: {states}")
    return services
