# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: member_removal
short_description: How a PostgreSQL member leaves its cluster, and why it may not
version_added: 0.1.0
description:
  - Plans the removal of a member that the inventory does not name any more.
positional: machines, topology, answers, leaving
options:
  _input:
    description: What the operator and the inventory say, as playbooks/remove_member.yml has it.
    type: dict
    required: true
  machines:
    description: What M(plannerate.infra.installed_info) returned of each machine, by its name.
    type: dict
    required: true
  topology:
    description: Decision of P(plannerate.infra.postgres_topology#filter).
    type: dict
    required: true
  answers:
    description: Answers of M(plannerate.infra.postgres_cluster_info) by member name.
    type: dict
    required: true
  leaving:
    description: What the member that leaves answered to M(plannerate.infra.postgres_cluster_info).
    type: dict
"""

EXAMPLES = r"""
- name: Show how the member would leave
  ansible.builtin.debug:
    msg: "{{ (request | plannerate.infra.member_removal(machines, topology, answers)).lines }}"
"""

RETURN = r"""
_value:
  description:
    - C(lines) and C(problems), both sentences; C(place), where the member is; C(slot), the name of its slot; C(slot_on), the members that
      have it.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._removal.member import member_plan


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"member_removal": member_plan}
