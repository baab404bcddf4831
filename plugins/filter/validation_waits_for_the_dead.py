# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: validation_waits_for_the_dead
short_description: Why commits would hang after the primary died, until it is back
version_added: 0.1.0
description:
  - Compares how many standbys have to confirm a commit, once one of them is the primary, with how many are left.
positional: candidates
options:
  _input:
    description: Answers of M(plannerate.infra.postgres_cluster_info) by member name.
    type: dict
    required: true
  candidates:
    description: Names of the standbys that are left, one of which is promoted.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show why commits would hang
  ansible.builtin.debug:
    msg: "{{ answers | plannerate.infra.validation_waits_for_the_dead(['pg-replica1', 'pg-replica2']) }}"
"""

RETURN = r"""
_value:
  description: A sentence for each candidate; empty where commits would go on.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._validation.changes import waits_for_the_dead


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"validation_waits_for_the_dead": waits_for_the_dead}
