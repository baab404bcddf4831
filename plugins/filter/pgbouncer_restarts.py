# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_restarts
short_description: Which services of the role pgbouncer start or restart, and why
version_added: 0.1.0
description:
  - What it gives is for M(plannerate.infra.restart_list).
positional: services, written, pending
options:
  _input:
    description: As given by P(plannerate.infra.pgbouncer_answer#filter).
    type: dict
    required: true
  services:
    description: Units with C(name), C(kind), C(state) (what happens for new files) and C(files).
    type: list
    elements: dict
    required: true
  written:
    description: The files that were written and have not been loaded.
    type: list
    elements: str
    required: true
  pending:
    description: As given by P(plannerate.infra.pgbouncer_pending#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what restarts
  ansible.builtin.debug:
    msg: "{{ answer | plannerate.infra.pgbouncer_restarts(services, files.pending, pending) }}"
"""

RETURN = r"""
_value:
  description: One row for each unit, with C(name), C(kind), C(why) and, where it only starts, C(action).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.restarts import restarts


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_restarts": restarts}
