# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_member_connections
short_description: The variables by which Ansible reaches PostgreSQL members, taken over from their machines
version_added: 0.1.0
description:
  - A member is reached as its machine is. It needs C(postgres_machine) and nothing else. What is set for the member itself, or for one of
    its groups, counts; what is set for all hosts gives way to what is set for the machine.
positional: hostvars
options:
  _input:
    description: Names of members.
    type: list
    elements: str
    required: true
  hostvars:
    description: Variables of every host, C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Reach each member as its machine
  ansible.builtin.add_host: "{{ item }}"
  loop: "{{ groups['postgres'] | plannerate.infra.postgres_member_connections(hostvars) }}"
"""

RETURN = r"""
_value:
  description:
    - For each member that its machine has to add something to, its C(name) with variables such as C(ansible_host) and C(ansible_port), as
      M(ansible.builtin.add_host) takes them.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import member_connection
from ansible_collections.plannerate.infra.plugins.plugin_utils import _connection
from ansible_collections.plannerate.infra.plugins.plugin_utils._given import given


def postgres_member_connections(
    members: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    found = []
    # Ansible gives the controller, which need not be in the inventory, what is set for all hosts.
    common = _reached(hostvars, "localhost")
    for name in members:
        machine = hostvars[name].get("postgres_machine")
        if machine and machine in hostvars:
            missing = member_connection(machine, _reached(hostvars, name), _reached(hostvars, machine), common)
            found += [{"name": name, **missing}] if missing else []
    return found


def _reached(hostvars: Mapping[str, Mapping[str, Any]], host: str) -> dict[str, Any]:
    """How Ansible reaches a host."""
    return given(hostvars[host], _connection.names()) if host in hostvars else {}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_member_connections": postgres_member_connections}
