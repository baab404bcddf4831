# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release's containers, variables of its own and routes, as a converge writes them down for whichever is deployed next. Pure."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Colour
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.target import Target
from ansible_collections.plannerate.infra.plugins.module_utils._docker.containers import for_release

# In the place of what only a release has: its colour's name, and its image.
NAME, IMAGE = "RELEASE_NAME", "RELEASE_IMAGE"


class Template(TypedDict):
    """``compose``: the file as text. ``services``: the same as data, without labels. ``labels``: those of each service, made with ``key``.
    ``application``: the service in ``routes`` that visitors are sent to.
    """

    colour: Colour
    compose: str
    services: dict[str, dict[str, Any]]
    labels: dict[str, str]
    key: str
    routes: dict[str, Any]
    application: str


class Filled(NamedTuple):
    colour: Colour
    compose: str
    routes: dict[str, Any]


def filled(template: Template, target: Target) -> Filled:
    """What a release needs beside its image, as a run of Ansible would have written it with the same inventory."""
    text = json.dumps(template)
    tail = f"-{target['name']}" if target["name"] else ""
    for mark, value in ((f"-{NAME}", tail), (NAME, target["name"]), (IMAGE, target["image"])):
        text = text.replace(mark, value)
    found: Template = json.loads(text)
    compose = found["compose"]
    for service, label in found["labels"].items():
        compose = compose.replace(label, for_release(label, found["services"][service], found["key"]))
    if target["apps"]:
        # Of one that is there already, what it has.
        balancer = found["routes"]["http"]["services"][found["application"]]["loadBalancer"]
        balancer["servers"] = [{"url": f"http://{app}:80"} for app in target["apps"]]
    colour: Colour = {**found["colour"], "release": target["release"], "known": target["known"]}
    return Filled(colour, compose, found["routes"])
