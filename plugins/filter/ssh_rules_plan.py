# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssh_rules_plan
short_description: What has to change in a firewall so that the named networks reach SSH
version_added: 0.1.0
description:
  - Compares UFW's rules, those of others too, with the networks that are to reach SSH.
  - A rule of somebody else's is never replaced, and not removed.
positional: port, sources
options:
  _input:
    description: Output of C(ufw show added).
    type: str
    required: true
  port:
    description: The port of SSH.
    type: int
    required: true
  sources:
    description: Addresses or networks that are allowed, or V(any).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show whose rules let everybody in
  ansible.builtin.debug:
    msg: "{{ (added.stdout | plannerate.infra.ssh_rules_plan(22, ['198.51.100.0/24'])).open }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    missing:
      description: Sources for which there is no rule yet.
      type: list
      elements: str
    stale:
      description: Rules of this purpose that are no longer wanted, each with C(ports) and C(source).
      type: list
      elements: dict
    kept:
      description: Rules of others (C(deny), C(reject), C(limit)) that stand where one of this purpose would replace them.
      type: list
      elements: str
    open:
      description: Rules of others that let in everybody although only some are to get in.
      type: list
      elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.ssh_rules import plan


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"ssh_rules_plan": plan}
