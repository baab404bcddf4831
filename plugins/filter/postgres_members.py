# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_members
short_description: PostgreSQL members as the inventory names them
version_added: 0.1.0
description:
  - Turns the host names of a group into a list of members with machine, address, port, directories and slot name.
  - Checks the whole set and fails with every contradiction at once, such as a port used twice.
positional: hostvars, machines, initial_primaries, version
options:
  _input:
    description: Inventory names of the members.
    type: list
    elements: str
    required: true
  hostvars:
    description: Variables of every host, C(hostvars).
    type: dict
    required: true
  machines:
    description: Inventory names of the machines.
    type: list
    elements: str
    required: true
  initial_primaries:
    description: Inventory names in the group that is initialised as primary on the very first run.
    type: list
    elements: str
    required: true
  version:
    description: PostgreSQL's major release for a member that names none.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show where the members are
  ansible.builtin.debug:
    msg: >-
      {{ groups['postgres'] | plannerate.infra.postgres_members(hostvars, groups['machines'],
         groups['postgres_primary'], 15) }}
"""

RETURN = r"""
_value:
  description:
    - One dict for each member with C(name), C(machine), C(address), C(port), C(version), C(cluster), C(slot),
      C(data_directory), C(config_directory) and C(initial_role).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import (
    InventoryError,
    Member,
    Variables,
    members_of,
)


def postgres_members(
    names: Sequence[str],
    hostvars: Mapping[str, Variables],
    machines: Sequence[str],
    initial_primaries: Sequence[str],
    version: int,
) -> list[Member]:
    try:
        return members_of(names, hostvars, machines, {"version": version}, initial_primaries)
    except InventoryError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_members": postgres_members}
