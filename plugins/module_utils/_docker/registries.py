# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Container registries as Docker wants to have them: logins in its ``config.json``, and an authority in a directory of each. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, TypedDict

CERTIFICATES = "/etc/docker/certs.d"


class Login(TypedDict):
    """An entry of ``auths``."""

    auth: str


def logins(registries: Mapping[str, Mapping[str, Any]]) -> dict[str, Login]:
    """The section ``auths``: a login for each registry.

    :arg registries: address to a dict with ``username`` and ``password``.
    """
    return {
        address: {"auth": base64.b64encode(f"{login['username']}:{login['password']}".encode()).decode()}
        for address, login in registries.items()
    }


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
