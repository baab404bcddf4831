# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: physical_backup_problems
short_description: Why physical backups cannot work
version_added: 0.1.0
description:
  - Checks what the inventory says about them, and whether pgBackRest knows the server, before anything is changed.
positional: version, postgres
options:
  _input:
    description: The repository and how it is reached, as the role P(plannerate.infra.s3_backup#role) has it.
    type: dict
    required: true
  version:
    description: Version of pgBackRest; empty where it is not installed.
    type: str
    required: true
  postgres:
    description: Major release of PostgreSQL.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Refuse what cannot work
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ repository | plannerate.infra.physical_backup_problems('2.45', 15) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with what was found and what was expected.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.settings import problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"physical_backup_problems": problems}
