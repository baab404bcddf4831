# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_limit_changes
short_description: What changes when PostgreSQL's roles get other connection limits
version_added: 0.1.0
description:
  - Compares limits with those that the roles have and with their sessions. A limit that would fall below the sessions of its role stays,
    and a first one is refused.
positional: present, decided
options:
  _input:
    description: The wanted limits by the roles' names.
    type: dict
    required: true
  present:
    description: By the name of each role that exists a dict with C(limit), -1 without one, and C(sessions).
    type: dict
    required: true
  decided:
    description: Names of roles whose limit is set whatever their sessions are.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what changes
  ansible.builtin.debug:
    msg: "{{ ({'shop': 54} | plannerate.infra.postgres_limit_changes({'shop': {'limit': -1, 'sessions': 20}})).changes }}"
"""

RETURN = r"""
_value:
  description: C(connections), the limits to set by the roles' names; C(changes) and C(errors), lists of sentences.
  type: dict
  sample: {"connections": {"shop": 54}, "changes": ["shop: no limit to 54 connections, 20 sessions now"], "errors": []}
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.limit_changes import limit_changes


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_limit_changes": limit_changes}
