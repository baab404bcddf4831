# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: leftovers
short_description: What machines still have that no inventory names
version_added: 0.1.0
description:
  - Names environments, members and replication slots that went from the inventories, each with the command that removes it.
positional: named, topology, answers
options:
  _input:
    description: What M(plannerate.infra.installed_info) returned of each machine, by its name.
    type: dict
    required: true
  named:
    description: What inventories name, as C(environments), C(databases) and C(members).
    type: dict
    required: true
  topology:
    description: Decision of P(plannerate.infra.postgres_topology#filter); empty without PostgreSQL.
    type: dict
    required: true
  answers:
    description: Answers of M(plannerate.infra.postgres_cluster_info) by member name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is left
  ansible.builtin.debug:
    msg: "{{ machines | plannerate.infra.leftovers(named, topology, answers) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each; empty where nothing is left.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._removal.leftovers import leftovers


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"leftovers": leftovers}
