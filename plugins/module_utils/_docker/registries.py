# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container registries as Docker wants to have them: logins in its ``config.json``, and an authority in a directory of each. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

CERTIFICATES = "/etc/docker/certs.d"
# Docker looks its own registry up by this name alone, whatever an image calls it.
DOCKER_HUB = "https://index.docker.io/v1/"
_HUB_NAMES = ("docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com")
_KEYS = ("username", "password", "ca_certificate")
_ADDRESS = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")


class Login(TypedDict):
    """An entry of ``auths``."""

    auth: str


def logins(registries: Mapping[str, Mapping[str, Any]]) -> dict[str, Login]:
    """The section ``auths``: a login for each registry.

    :arg registries: address to a dict with ``username`` and ``password``.
    """
    return {
        DOCKER_HUB if address in _HUB_NAMES else address: {
            "auth": base64.b64encode(f"{login['username']}:{login['password']}".encode()).decode()
        }
        for address, login in registries.items()
    }


def problems(registries: Mapping[str, Any]) -> Iterator[str]:
    """What of C(docker_host_registries) would not be used, or break a run midway."""
    for address, registry in registries.items():
        where = f"docker_host_registries: {address}"
        given = set(registry) if isinstance(registry, dict) else set()
        if not _ADDRESS.fullmatch(str(address)) and address != DOCKER_HUB:
            yield f"{where}: Docker looks logins up by the host alone, as an image's name begins. Write, for instance: ghcr.io"
        if given - set(_KEYS):
            yield f"{where}: {', '.join(sorted(given - set(_KEYS)))} is not known, expected {', '.join(_KEYS)}"
        if not {"username", "password"} <= given:
            yield f"{where}: username or password is missing. Write: {address}: {{username: <user>, password: <token>}}"


def authority_files(registries: Mapping[str, Mapping[str, Any]]) -> list[dict[str, object]]:
    """Entries of a set of files: the certificate authority of each registry that has one of its own.

    :arg registries: address to a dict that may have ``ca_certificate``, as PEM.
    """
    found: list[dict[str, object]] = []
    for address, registry in registries.items():
        if "ca_certificate" in registry:
            directory = f"{CERTIFICATES}/{address}"
            found.append({"path": directory, "directory": True})
            found.append({"path": f"{directory}/ca.crt", "content": f"{registry['ca_certificate'].strip()}\n"})
    return found
