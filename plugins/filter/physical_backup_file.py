# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: physical_backup_file
short_description: The configuration of pgBackRest for commands of one member
version_added: 0.1.0
description:
  - Renders the file in which the member is the first one, and the other members of its machine follow.
positional: neighbours, repository, version
options:
  _input:
    description: The member, with C(name), C(port) and C(data_directory).
    type: dict
    required: true
  neighbours:
    description: All members of its machine.
    type: list
    elements: dict
    required: true
  repository:
    description: The repository and how it is reached, as the role P(plannerate.infra.s3_backup#role) has it.
    type: dict
    required: true
  version:
    description: Version of pgBackRest.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what pgBackRest is told
  ansible.builtin.debug:
    msg: "{{ member | plannerate.infra.physical_backup_file([member], repository, '2.45') }}"
"""

RETURN = r"""
_value:
  description: The file's text. It holds secrets.
  type: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.settings import member_file


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"physical_backup_file": member_file}
