# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: monitoring_node_targets
short_description: Prometheus' targets for the node exporters of machines
version_added: 0.1.0
description:
  - Gives one entry of C(static_configs) for each machine, labelled with its name.
positional: hostvars
options:
  _input:
    description: Inventory names of the machines.
    type: list
    elements: str
    required: true
  hostvars:
    description:
      - Variables of every host, C(hostvars). The address of a machine is its C(machine_address), or C(ansible_host) where it has none.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the targets
  ansible.builtin.debug:
    msg: "{{ groups['machines'] | plannerate.infra.monitoring_node_targets(hostvars) }}"
"""

RETURN = r"""
_value:
  description: A dict for each machine with C(targets) and C(labels).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.targets import node_targets


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"monitoring_node_targets": node_targets}
