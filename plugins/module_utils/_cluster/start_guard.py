# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start guard on a machine is told of the cluster. Pure. The guard itself is C(roles/postgres/files/start_guard.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import Login, start_guard_conninfo

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member


class GuardedMember(TypedDict):
    """A member as its start guard, or a peer's, sees it.

    ``instance`` is the name of its unit of systemd behind the C(@), ``local`` whether it is on the machine. ``machine``, ``address`` and
    ``port`` are how a standby names it whom it follows.
    """

    name: str
    instance: str
    version: int
    local: bool
    machine: str
    address: str | None
    port: int
    data_directory: str
    config_directory: str
    conninfo: str
    synchronous_standby_names: str


def guarded_members(
    members: Sequence[Member], machine: str, login: Login, synchronous: Mapping[str, str]
) -> list[GuardedMember]:
    """All members, for the start guard of one machine.

    :arg synchronous: C(synchronous_standby_names) of each member, by its name, as the inventory has it.
    """
    return [
        {
            "name": member["name"],
            "instance": f"{member['version']}-{member['cluster']}",
            "version": member["version"],
            "local": member["machine"] == machine,
            "machine": member["machine"],
            "address": member["address"],
            "port": member["port"],
            "data_directory": member["data_directory"],
            "config_directory": member["config_directory"],
            "conninfo": start_guard_conninfo(member, login),
            "synchronous_standby_names": synchronous[member["name"]],
        }
        for member in members
    ]
