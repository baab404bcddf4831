# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins of container registries as Docker's ``config.json`` holds them. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, TypedDict


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
