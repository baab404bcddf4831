# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: logs_problems
short_description: Why the inventory's central logs cannot work
version_added: 0.1.0
description:
  - Checks the variables of the role P(plannerate.infra.logs#role) before anything is changed.
options:
  _input:
    description:
      - C(image), C(retention_days), C(max_disk_gib), C(first_upload_hours) and C(servers) (names of the machines of the group
        C(log_servers)).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what cannot work
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ wanted | plannerate.infra.logs_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with what was found, what was expected and what to do.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._logs.inventory import problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"logs_problems": problems}
