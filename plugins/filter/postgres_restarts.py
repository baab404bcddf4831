# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_restarts
short_description: Settings that a running PostgreSQL server would only get by a restart
version_added: 0.1.0
description:
  - Compares settings as they are wanted with what a server runs with, whatever the spelling of their units.
  - Only settings that need a restart are looked at.
positional: running
options:
  _input:
    description: The wanted settings by their PostgreSQL names.
    type: dict
    required: true
  running:
    description:
      - The C(restart_settings) of the server, as M(plannerate.infra.postgres_cluster_info) returned them; null where it does not run.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what needs a restart
  ansible.builtin.debug:
    msg: "{{ {'shared_buffers': '1GB'} | plannerate.infra.postgres_restarts(answers['pg-main'].restart_settings) }}"
"""

RETURN = r"""
_value:
  description: What the server runs with, by name of each setting of which it runs with something else than is wanted.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import waiting


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_restarts": waiting}
