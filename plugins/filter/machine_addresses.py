# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: machine_addresses
short_description: The addresses by which other machines reach some machines
version_added: 0.1.0
description:
  - The address of a machine is its C(machine_address), or C(ansible_host) where it has none. Ansible may reach it by another one, such as a
    public address or a name.
positional: hostvars
options:
  _input:
    description: Names of machines.
    type: list
    elements: str
    required: true
  hostvars:
    description: Variables of every host, C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show from where the application connects
  ansible.builtin.debug:
    msg: "{{ groups['docker_hosts'] | plannerate.infra.machine_addresses(hostvars) }}"
"""

RETURN = r"""
_value:
  description: An address for each machine, in their order.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import of_machine


def machine_addresses(machines: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = []
    for machine in machines:
        address = of_machine(hostvars[machine])
        if not address:
            raise AnsibleFilterError(
                f"{machine} has no address, expected ansible_host or machine_address in the inventory"
            )
        found.append(address)
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"machine_addresses": machine_addresses}
