# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_restart_reasons
short_description: Why a running PostgreSQL server restarts, in words
version_added: 0.1.0
description:
  - Compares settings as P(plannerate.infra.postgres_restarts#filter) does, and adds those that already wait in the server's files.
positional: running, pending
options:
  _input:
    description: The wanted settings by their PostgreSQL names.
    type: dict
    required: true
  running:
    description: The C(restart_settings) of the server, as M(plannerate.infra.postgres_cluster_info) returned them.
    type: dict
    required: true
  pending:
    description: Its C(pending_restart).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show why it restarts
  ansible.builtin.debug:
    msg: "{{ settings | plannerate.infra.postgres_restart_reasons(answer.restart_settings, answer.pending_restart) | join(', ') }}"
"""

RETURN = r"""
_value:
  description: One reason for each setting.
  type: list
  elements: str
  sample: ["shared_buffers is 128MB, wanted 96MB"]
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import reasons


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_restart_reasons": reasons}
