# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Docker host answers, and what of the wanted stacks cannot work there. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._docker import engine, environment, registries, services
from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import is_source

# The first release in which Host() takes a wildcard.
TRAEFIK_SINCE = (3, 7)

_ENTRY_KEYS = ("domain", "suffix", "wildcard", "pgadmin_host")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
# Releases whose distribution has no Compose v2.
_WITHOUT_COMPOSE = {("debian", "11"), ("debian", "12"), ("ubuntu", "20.04")}


# An environment as the inventory has it: anything may stand there until it was checked.
Environment = Any


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


class Wanted(TypedDict):
    """The variables of the role that are checked. ``images``: every image that will run, or an empty one."""

    environments: Mapping[str, Environment]
    environment: str
    images: Sequence[str]
    app_image: str
    traefik_image: str
    traefik_name: str
    pgadmin_email: str
    acme_email: str
    dns_provider: str
    package_source: str
    daemon: Mapping[str, Any]
    services: Mapping[str, Any]
    # How many processors each container may take, the role's own numbers too, by its service.
    cpus: Mapping[str, Any]
    blocked_networks: Sequence[Any]
    trusted_interfaces: Sequence[str]
    pgadmin_sources: Sequence[Any]
    trusted_proxies: Sequence[Any]
    registries: Mapping[str, Any]
    # By the option: variables that become lines of a file.
    variables: Mapping[str, Mapping[str, Any]]
    app_containers: Any
    owned: bool


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


def problems(answer: Answer, wanted: Wanted) -> list[str]:
    """Every reason why the wanted state cannot be, each as one sentence with what was found and what to do."""
    reasons = _environment_problems(wanted["environments"], wanted["environment"])
    reasons += _image_problems(wanted)
    for variable, address in (
        ("docker_host_pgadmin_email", wanted["pgadmin_email"]),
        ("docker_host_acme_email", wanted["acme_email"]),
    ):
        if "@" not in str(address):
            reasons.append(f"{variable} is {address!r}, expected an e-mail address")
    reasons += services.problems(wanted["services"])
    reasons += _network_problems(wanted)
    reasons += registries.problems(wanted["registries"])
    reasons += [text for option, values in wanted["variables"].items() for text in environment.problems(option, values)]
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
    return reasons + (_machine_problems(answer, wanted) if answer["os"] else [])


def _network_problems(wanted: Wanted) -> list[str]:
    given = {
        "docker_host_blocked_networks": (wanted["blocked_networks"], "those of the metadata"),
        "docker_host_pgadmin_sources": (
            wanted["pgadmin_sources"],
            "those from where its users come. Without any, it is reached by SSH",
        ),
        "docker_host_trusted_proxies": (wanted["trusted_proxies"], "those of the proxy or CDN"),
    }
    reasons = []
    for option, (sources, expected) in given.items():
        for source in sources:
            if not is_source(source):
                reasons.append(f"{option} has {source}, expected an IP address, or a network such as 192.0.2.0/24")
            elif str(source).endswith("/0"):
                reasons.append(f"{option} has {source}, which is everybody, expected {expected}")
    return reasons


def unknown_environment(own: str, environments: Collection[str]) -> list[str]:
    """An inventory whose environment is none of those of the machine."""
    if own in environments:
        return []
    return [
        f"docker_host_environment is {own!r}, expected one of docker_host_environments "
        f"({', '.join(environments) or 'none'})"
    ]


def _environment_problems(environments: Mapping[str, Environment], own: str) -> list[str]:
    reasons = []
    owners: dict[tuple[str, str], str] = {}
    reasons += unknown_environment(own, environments)
    for name, entry in environments.items():
        where = f"docker_host_environments: {name}"
        if not _NAME.fullmatch(str(name)) or name == "traefik":
            reasons.append(f"{where}: the name becomes a directory beside traefik's, expected a-z, 0-9 and - only")
        if not isinstance(entry, dict) or not _DOMAIN.fullmatch(str(entry.get("domain", ""))):
            reasons.append(f"{where}: domain is missing or is not a domain name")
            continue
        unknown = sorted(set(entry) - set(_ENTRY_KEYS))
        if unknown:
            reasons.append(f"{where}: {', '.join(unknown)} is not known, expected {', '.join(_ENTRY_KEYS)}")
        # A text counts as true.
        if not isinstance(entry.get("wildcard", True), bool):
            reasons.append(
                f"{where}: wildcard is {entry['wildcard']!r}, expected true or false, without quotation marks"
            )
        for key, value in (("domain", entry["domain"]), ("suffix", entry.get("suffix", name))):
            other = owners.setdefault((key, value), name)
            if other != name:
                reasons.append(f"{where}: {key} {value} is already {other}'s")
    return reasons


def _image_problems(wanted: Wanted) -> list[str]:
    reasons = []
    if not wanted["app_image"]:
        reasons.append("docker_host_app_image is empty, expected the application's image with its tag or digest")
    for image in filter(None, wanted["images"]):
        named, has_digest, digest = image.rpartition("/")[2].partition("@")
        if has_digest and not _DIGEST.fullmatch(digest):
            reasons.append(f"the image {image} ends with no digest, expected @sha256: and 64 characters of 0-9 and a-f")
        elif not has_digest and (":" not in named or named.endswith(":latest")):
            reasons.append(f"the image {image} has no fixed tag, expected one such as :1.4.2 or a digest (@sha256:…)")
    version = re.search(r":v?(\d+)\.(\d+)", wanted["traefik_image"])
    if not version or tuple(map(int, version.groups())) < TRAEFIK_SINCE:
        reasons.append(
            f"docker_host_traefik_image is {wanted['traefik_image']}, expected a tag of Traefik "
            f"{'.'.join(map(str, TRAEFIK_SINCE))} or newer, which routes wildcards"
        )
    return reasons


def _machine_problems(answer: Answer, wanted: Wanted) -> list[str]:
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
