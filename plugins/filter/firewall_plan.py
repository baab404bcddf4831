# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: firewall_plan
short_description: What has to change in a firewall for one purpose
version_added: 0.1.0
description:
  - Compares UFW's rules of one purpose (the comment of a rule) with those that it should have.
  - Rules of other purposes, and rules without a comment, are ignored.
positional: purpose, ports, sources
options:
  _input:
    description: Output of C(ufw status).
    type: str
    required: true
  purpose:
    description: What the rules are for.
    type: str
    required: true
  ports:
    description: The TCP ports.
    type: list
    elements: int
    required: true
  sources:
    description: Addresses or networks that are allowed, or V(any).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show which sources are not allowed yet
  ansible.builtin.debug:
    msg: "{{ (status.stdout | plannerate.infra.firewall_plan('PostgreSQL', [5432, 5433], ['198.51.100.7'])).missing }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    ports:
      description: The ports of every wanted rule, as UFW writes them.
      type: str
      sample: 5432,5433
    missing:
      description: Sources for which there is no rule yet.
      type: list
      elements: str
    stale:
      description: Rules that are no longer wanted, each with C(ports) and C(source).
      type: list
      elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.firewall import plan


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"firewall_plan": plan}
