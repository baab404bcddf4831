# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Docker host answers, and what of the wanted stacks cannot work there. Pure."""

from __future__ import annotations

import re

# The first release in which Host() takes a wildcard.
TRAEFIK_SINCE = (3, 7)
SERVICES = ("app", "reverb", "queue", "scheduler", "redis", "pgadmin")

_ENTRY_KEYS = ("domain", "suffix", "wildcard", "pgadmin_host")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
# Releases whose distribution has no Compose v2.
_WITHOUT_COMPOSE = {("debian", "11"), ("debian", "12"), ("ubuntu", "20.04")}


def parse(text):
    """Answers of roles/docker_host/templates/probe.sh.j2: a list of values by the first word of a line.

    :returns: dict that also has ``installed`` (package names), and an empty list for each answer that did not come.
    """
    found = {
        key: []
        for key in (
            "os",
            "architecture",
            "package",
            "compose",
            "engine",
            "firewall",
            "container",
            "port",
            "image",
            "traefik",
        )
    }
    for line in text.splitlines():
        key, _space, value = line.partition(" ")
        if key in found and value:
            found[key].append(value)
    found["installed"] = [line.split()[0] for line in found["package"] if line.endswith(" installed")]
    return found


def problems(answer, wanted):
    """Every reason why the wanted state cannot be, each as one sentence with what was found and what to do.

    :arg answer: as given by :func:`parse`.
    :arg wanted: dict with ``environments``, ``environment``, ``images``, ``app_image``, ``traefik_image``, ``traefik_name``,
        ``pgadmin_email``, ``acme_email``, ``dns_provider``, ``package_source``, ``services`` and ``owned``.
    """
    found = _environment_problems(wanted["environments"], wanted["environment"])
    found += _image_problems(wanted)
    for key, variable in (("pgadmin_email", "docker_host_pgadmin_email"), ("acme_email", "docker_host_acme_email")):
        if "@" not in str(wanted[key]):
            found.append(f"{variable} is {wanted[key]!r}, expected an e-mail address")
    unknown = sorted(set(wanted["services"]) - set(SERVICES))
    if unknown:
        found.append(f"docker_host_services: {', '.join(unknown)} is not known, expected {', '.join(SERVICES)}")
    if not found and not wanted["dns_provider"]:
        found += [
            f"docker_host_environments: {name}: a wildcard needs the DNS-01 challenge. Name the provider in "
            "docker_host_acme_dns_provider, or set wildcard: false"
            for name, entry in wanted["environments"].items()
            if entry.get("wildcard", True)
        ]
    # The machine tells its system, whatever else: without that it was not asked.
    return found + (_machine_problems(answer, wanted) if answer["os"] else [])


def _environment_problems(environments, environment):
    found, taken = [], {}
    if environment not in environments:
        found.append(
            f"docker_host_environment is {environment!r}, expected one of docker_host_environments "
            f"({', '.join(environments) or 'none'})"
        )
    for name, entry in environments.items():
        where = f"docker_host_environments: {name}"
        if not _NAME.fullmatch(str(name)) or name == "traefik":
            found.append(f"{where}: the name becomes a directory beside traefik's, expected a-z, 0-9 and - only")
        if not isinstance(entry, dict) or not _DOMAIN.fullmatch(str(entry.get("domain", ""))):
            found.append(f"{where}: domain is missing or is not a domain name")
            continue
        unknown = sorted(set(entry) - set(_ENTRY_KEYS))
        if unknown:
            found.append(f"{where}: {', '.join(unknown)} is not known, expected {', '.join(_ENTRY_KEYS)}")
        for key, value in (("domain", entry["domain"]), ("suffix", entry.get("suffix", name))):
            other = taken.setdefault((key, value), name)
            if other != name:
                found.append(f"{where}: {key} {value} is already {other}'s")
    return found


def _image_problems(wanted):
    found = []
    if not wanted["app_image"]:
        found.append("docker_host_app_image is empty, expected the application's image with its tag or digest")
    for image in filter(None, wanted["images"]):
        last = image.rpartition("/")[2]
        if ":" not in last or last.endswith(":latest"):
            found.append(f"the image {image} has no fixed tag, expected one such as :1.4.2 or a digest (@sha256:…)")
    version = re.search(r":v?(\d+)\.(\d+)", wanted["traefik_image"])
    if not version or tuple(map(int, version.groups())) < TRAEFIK_SINCE:
        found.append(
            f"docker_host_traefik_image is {wanted['traefik_image']}, expected a tag of Traefik "
            f"{'.'.join(map(str, TRAEFIK_SINCE))} or newer, which routes wildcards"
        )
    return found


def _machine_problems(answer, wanted):
    found = []
    system = tuple((answer["os"] or [""])[0].split()[:2])
    if wanted["package_source"] == "distro" and system in _WITHOUT_COMPOSE:
        found.append(
            f"{' '.join(system)} has no Compose v2 of its own, found only Compose 1, which cannot wait for healthy containers. "
            "Set docker_host_package_source: docker"
        )
    if answer["compose"] and re.match(r"v?1\.", answer["compose"][0]):
        found.append(f"Compose {answer['compose'][0]} is installed, expected version 2 or newer")
    if wanted["traefik_name"] not in answer["container"]:
        for line in answer["port"]:
            port, program = line.split()
            if port in ("80", "443"):
                found.append(f"port {port} is taken by {program}, which Traefik needs. Stop and disable it first")
    if not wanted["owned"] and not answer["traefik"]:
        found.append(
            "this machine belongs to another inventory (machine_owned is false here), which has not converged it yet. "
            "Converge it from there first"
        )
    return found
