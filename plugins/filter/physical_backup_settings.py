# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: physical_backup_settings
short_description: Settings of a member whose WAL is archived
version_added: 0.1.0
description:
  - What PostgreSQL is told for physical backups. Only C(archive_mode) needs a restart.
positional: stanza
options:
  _input:
    description: Name of the member.
    type: str
    required: true
  stanza:
    description: Name of the stanza.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what a member is told
  ansible.builtin.debug:
    msg: "{{ 'pg-main' | plannerate.infra.physical_backup_settings('main') }}"
"""

RETURN = r"""
_value:
  description: Settings by their PostgreSQL names.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.settings import archive_settings


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"physical_backup_settings": archive_settings}
