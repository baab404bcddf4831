# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which passwords the owners of databases need. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypedDict


class Secret(TypedDict):
    """A secret as M(plannerate.infra.credentials_file) takes it."""

    value: str | None
    generate: bool


def owner_secrets(databases: Iterable[Mapping[str, str]], roles: Collection[str]) -> dict[str, Secret]:
    """By the secret's name. An owner that exists keeps the password that it has: none is generated for it.

    :arg databases: each with ``name``, ``owner`` and, where the inventory gives one, ``password``.
    :arg roles: names of the roles that exist.
    """
    return {
        secret_name(database["owner"]): {
            "value": database.get("password"),
            "generate": database["owner"] not in roles,
        }
        for database in databases
    }


def secret_name(role: str) -> str:
    """Name in the credentials file of a role's password."""
    return f"POSTGRES_{role.upper()}_PASSWORD"
