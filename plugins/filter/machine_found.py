# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: machine_found
short_description: What a machine said of its ways in
version_added: 0.1.0
description:
  - Reads what the probe of the role P(plannerate.infra.machine#role) printed.
positional: remember
options:
  _input:
    description: What the probe printed.
    type: str
    required: true
  remember:
    description: Whether the address from which this run came becomes one of those that are never banned.
    type: bool
    required: true
"""

EXAMPLES = r"""
- name: Show from where runs came
  ansible.builtin.debug:
    msg: "{{ (probe.stdout | plannerate.infra.machine_found(true)).controllers }}"
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    sshd:
      description: Settings of sshd by their names. Empty where there is none.
      type: dict
    sshd_file:
      description: Checksum of the role's file for sshd, empty where it is not there.
      type: str
    controllers:
      description: Addresses from which runs came, the newest first.
      type: list
      elements: str
    bans:
      description: Whether fail2ban runs.
      type: bool
    unproven:
      description: Whether a run ended before a new connection proved what it had changed.
      type: bool
    container:
      description: Of which kind the container is that the machine is, empty where it is none.
      type: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.found import found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"machine_found": found}
