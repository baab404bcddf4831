# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: validation_targets
short_description: What of a machine has to be private, encrypted and closed
version_added: 0.1.0
description:
  - Computes it from the inventory alone.
positional: groups, hostvars
options:
  _input:
    description: Name of a machine.
    type: str
    required: true
  groups:
    description: The magic variable C(groups).
    type: dict
    required: true
  hostvars:
    description: The magic variable C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is looked at
  ansible.builtin.debug:
    msg: "{{ inventory_hostname | plannerate.infra.validation_targets(groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description: C(public), C(behind_proxy), C(encrypted), C(secret_files) and C(private_files) of the machine; C(closed) and C(edges) of all.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation.inventory import closed, edges, targets


def validation_targets(machine: str, groups: Mapping[str, Any], hostvars: Mapping[str, Any]) -> dict[str, Any]:
    return {**targets(machine, groups, hostvars), "closed": closed(groups, hostvars), "edges": edges(groups, hostvars)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"validation_targets": validation_targets}
