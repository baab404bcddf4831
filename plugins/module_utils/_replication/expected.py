# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which standbys have to follow, as M(plannerate.infra.postgres_replication_lag) is told. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member


class _Named(TypedDict):
    name: str


class ExpectedStandby(_Named, total=False):
    """A standby by its name; with a socket and a port it is asked itself how many seconds it is behind."""

    unix_socket: str
    port: int


def expected_standbys(members: Sequence[Member], primary: str, socket_directory: str) -> list[ExpectedStandby]:
    """Every member but the primary. Those on the primary's machine, where the question is asked, can be reached there."""
    machine = next(member["machine"] for member in members if member["name"] == primary)
    return [
        {"name": member["name"], "unix_socket": socket_directory, "port": member["port"]}
        if member["machine"] == machine
        else {"name": member["name"]}
        for member in members
        if member["name"] != primary
    ]
