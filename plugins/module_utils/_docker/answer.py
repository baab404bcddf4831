# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Docker host answers when it is probed. Pure."""

from __future__ import annotations

from typing import TypedDict


class Answer(TypedDict):
    """The lines of roles/docker_host/templates/probe.sh.j2 by their first word, an empty list for each answer that did not come.

    ``installed``: names of the packages that are installed. ``stack``: every container, with what module_utils/_docker/containers.py needs
    to know of it. ``attached``: the networks that Traefik is connected to. ``outdated``: containers whose ca.crt was replaced since they
    began. ``bridge``: networks' bridges that do not have the name that Docker gives. ``foreign``: interfaces
    that have one alike. ``daemon``: the lines of daemon.json. ``missing``: directories of the application's files that are not there.
    ``release``: what the machine remembers of its releases. ``processors``: how many it has. ``visitor``: interfaces
    by which SSH comes in.
    """

    os: list[str]
    architecture: list[str]
    package: list[str]
    compose: list[str]
    engine: list[str]
    firewall: list[str]
    container: list[str]
    port: list[str]
    image: list[str]
    traefik: list[str]
    stack: list[str]
    attached: list[str]
    outdated: list[str]
    bridge: list[str]
    foreign: list[str]
    daemon: list[str]
    missing: list[str]
    release: list[str]
    processors: list[str]
    visitor: list[str]
    installed: list[str]


def parse(text: str) -> Answer:
    lines: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _space, value = line.partition(" ")
        if value:
            lines.setdefault(key, []).append(value)
    packages = lines.get("package", [])
    return {
        "os": lines.get("os", []),
        "architecture": lines.get("architecture", []),
        "package": packages,
        "compose": lines.get("compose", []),
        "engine": lines.get("engine", []),
        "firewall": lines.get("firewall", []),
        "container": lines.get("container", []),
        "port": lines.get("port", []),
        "image": lines.get("image", []),
        "traefik": lines.get("traefik", []),
        "stack": lines.get("stack", []),
        "attached": lines.get("attached", []),
        "outdated": lines.get("outdated", []),
        "bridge": lines.get("bridge", []),
        "foreign": lines.get("foreign", []),
        "daemon": lines.get("daemon", []),
        "missing": lines.get("missing", []),
        "release": lines.get("release", []),
        "processors": lines.get("processors", []),
        "visitor": lines.get("visitor", []),
        "installed": [line.split()[0] for line in packages if line.endswith(" installed")],
    }
