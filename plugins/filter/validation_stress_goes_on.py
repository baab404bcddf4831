# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: validation_stress_goes_on
short_description: Whether the last step of load kept what was promised, so that there may be a greater one
version_added: 0.1.0
description:
  - A step with an answer too late, too many that failed, or a standby too far behind is the last one.
positional: limits
options:
  _input:
    description: The steps, each with C(clients), C(lag), and what M(plannerate.infra.validation_load) told.
    type: list
    elements: dict
    required: true
  limits:
    description: Limits that differ from the defaults, by their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show whether the load may rise
  ansible.builtin.debug:
    msg: "{{ steps | plannerate.infra.validation_stress_goes_on({'stress_p95_ms': 300}) }}"
"""

RETURN = r"""
_value:
  description: Whether it may.
  type: bool
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import limits_of
from ansible_collections.plannerate.infra.plugins.module_utils._validation.stress import goes_on


def validation_stress_goes_on(steps: Sequence[Mapping[str, Any]], limits: Mapping[str, float]) -> bool:
    try:
        return goes_on(steps, limits_of(limits))
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"validation_stress_goes_on": validation_stress_goes_on}
