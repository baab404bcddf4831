# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_successor
short_description: The standby that takes the role of a PostgreSQL primary which needs a restart
version_added: 0.1.0
description:
  - Chooses among the standbys that follow, and that run with the new value of each setting already.
positional: topology, answers
options:
  _input:
    description: What the primary runs with, as P(plannerate.infra.postgres_restarts#filter) returned it.
    type: dict
    required: true
  topology:
    description: Decision of P(plannerate.infra.postgres_topology#filter).
    type: dict
    required: true
  answers:
    description: Answers of M(plannerate.infra.postgres_cluster_info) by member name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show who could take the role
  ansible.builtin.debug:
    msg: "{{ {'shared_buffers': '128MB'} | plannerate.infra.postgres_successor(topology, answers) }}"
"""

RETURN = r"""
_value:
  description: Its name; empty where there is none.
  type: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import successor


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_successor": successor}
