# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: validation_parts
short_description: Which parts are measured and which the inventory leaves out
version_added: 0.1.0
description:
  - Tells for each part whether it is measured, refused since it disturbs, left out since its group has no hosts, or unknown.
positional: groups, may_disturb
options:
  _input:
    description: Names of parts, as a list or with commas between them; none for all that disturb nobody.
    type: raw
    required: true
  groups:
    description: The magic variable C(groups).
    type: dict
    required: true
  may_disturb:
    description: Whether parts that users notice may be measured.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what would be measured
  ansible.builtin.debug:
    msg: "{{ 'replication,backup' | plannerate.infra.validation_parts(groups) }}"
"""

RETURN = r"""
_value:
  description: C(measured), C(refused), C(left_out) and C(unknown), lists of names.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._validation.inventory import parts


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"validation_parts": parts}
