# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: monitoring_restarts
short_description: Which units of the role monitoring start or restart, and why
version_added: 0.1.0
description:
  - What it gives is for M(plannerate.infra.restart_list).
positional: changed, stale
options:
  _input:
    description: Units, each with C(name) and the files that it has to C(restart) for.
    type: list
    elements: dict
    required: true
  changed:
    description: The files that this run wrote, or would write.
    type: list
    elements: str
    required: true
  stale:
    description: Lines with a unit and what it needs, C(started), C(restarted) or C(reloaded).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what restarts
  ansible.builtin.debug:
    msg: "{{ units | plannerate.infra.monitoring_restarts(files.changed_paths, stale.stdout_lines) }}"
"""

RETURN = r"""
_value:
  description: One row for each unit, with C(name), C(kind), C(why) and, where it only starts, C(action).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.restarts import restarts


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"monitoring_restarts": restarts}
