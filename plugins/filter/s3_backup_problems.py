# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: s3_backup_problems
short_description: Why the inventory's backups cannot work
version_added: 0.1.0
description:
  - Checks the variables of the role P(plannerate.infra.s3_backup#role) before anything is changed.
options:
  _input:
    description:
      - The role's variables without their prefix C(s3_backup_). C(environment), C(databases), C(bucket), C(prefix), C(endpoint),
        C(writer_access_key), C(writer_secret_key), C(rotator_access_key), C(rotator_secret_key), C(exclude_table_data),
        C(scratch_directory), C(encryption), C(recipients), C(keep_daily) and C(keep_verified).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what cannot work
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ wanted | plannerate.infra.s3_backup_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with what was found and what was expected.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.inventory import problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"s3_backup_problems": problems}
