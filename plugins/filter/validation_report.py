# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: validation_report
short_description: What was measured beside what was promised, as a table, JSON, JUnit XML and a page
version_added: 0.1.0
description:
  - Judges what the parts of C(validate.yml) found by the limits. What could not be measured is not kept.
positional: limits, left_out, facts
options:
  _input:
    description: By part (such as C(replication)), what was found.
    type: dict
    required: true
  limits:
    description: Limits that differ from the defaults, by their names.
    type: dict
    required: true
  left_out:
    description: Parts for which the inventory has no hosts.
    type: list
    elements: str
    required: true
  facts:
    description: What the report says about itself. C(time) is in seconds.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the results
  ansible.builtin.debug:
    msg: "{{ (found | plannerate.infra.validation_report({}, [], {'inventory': 'production', 'time': 1770000000})).table }}"
"""

RETURN = r"""
_value:
  description: C(rows), C(table), C(kept), and the texts of the files, C(json), C(junit) and C(html).
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._validation.report import report


def validation_report(
    found: Mapping[str, Any], limits: Mapping[str, float], left_out: Sequence[str], facts: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        return report(found, limits, left_out, facts)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"validation_report": validation_report}
