# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: environment_removal
short_description: What goes with an environment, what stays, and why it may not be removed
version_added: 0.1.0
description:
  - Plans the removal of an environment that no inventory names any more.
positional: machines, cluster
options:
  _input:
    description: What the operator and the inventory say, as playbooks/remove_environment.yml has it.
    type: dict
    required: true
  machines:
    description: What M(plannerate.infra.installed_info) returned of each machine, by its name.
    type: dict
    required: true
  cluster:
    description: C(owners), the owner of each database; C(comments) of databases that a restore may have loaded; C(roles), their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be removed
  ansible.builtin.debug:
    msg: "{{ (request | plannerate.infra.environment_removal(machines, cluster)).lines }}"
"""

RETURN = r"""
_value:
  description: C(lines) and C(problems), both sentences; and what is done with databases and roles.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._removal.environment import environment_plan


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"environment_removal": environment_plan}
