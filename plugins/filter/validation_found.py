# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: validation_found
short_description: What the tasks of a validation registered, by part
version_added: 0.1.0
description:
  - Gathers what was registered on all hosts, for P(plannerate.infra.validation_report#filter).
positional: groups, hostvars
options:
  _input:
    description: Names of the parts that were measured.
    type: list
    elements: str
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
- name: Show what was found
  ansible.builtin.debug:
    msg: "{{ ['pool'] | plannerate.infra.validation_found(groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description: By part, what was found.
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation.inventory import found


def validation_found(measured: Sequence[str], groups: Mapping[str, Any], hostvars: Mapping[str, Any]) -> dict[str, Any]:
    return found(measured, groups, hostvars)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"validation_found": validation_found}
