# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_problems
short_description: What would end a run midway, as far as the inventory and the command line tell
version_added: 0.1.0
description:
  - Holds what is given for each host against the argument specifications of the roles that are applied to it, and looks whether machines
    reach each other by addresses. Asks no machine.
  - A text where a boolean, a number or a list is expected, as C(-e name=value) and inventories in INI give it, is one of the problems. The
    text C(false) counts as true.
positional: groups, stacks
options:
  _input:
    description: Variables of every host, C(hostvars).
    type: dict
    required: true
  groups:
    description: The hosts of each group, C(groups).
    type: dict
    required: true
  stacks:
    description: The environments whose locks the run takes. The inventory's own has to be one that its machines have.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse what would end the run midway
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ hostvars | plannerate.infra.inventory_problems(groups) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with what was found, what was expected, the line to write, and the hosts.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._inventory import hosts, values
from ansible_collections.plannerate.infra.plugins.plugin_utils._given import given as values_given
from ansible_collections.plannerate.infra.plugins.plugin_utils._specifications import GROUPS, options

_REACH = ("machine_address", "ansible_host", "machine_authority", "postgres_machine")


def inventory_problems(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], stacks: Sequence[str] = ()
) -> list[str]:
    names = {*_REACH, *(option for role in GROUPS for option in options(role))}
    given = {host: values_given(hostvars[host], names) for host in groups["all"]}
    found = {
        **hosts.reach_problems(given, groups),
        **hosts.stack_problems(given, groups, [str(name) for name in stacks]),
    }
    for role, group in GROUPS.items():
        for host in groups.get(group, []):
            hosts.note(found, host, values.problems(given[host], options(role)))
    return [text + (f" ({', '.join(where)})" if any(where) else "") for text, where in found.items()]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"inventory_problems": inventory_problems}
