# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: patch_plan
short_description: In which order machines are patched, and what restarts on each
version_added: 0.1.0
description:
  - Plans upgrades and reboots so that no two machines are away at once and the primary's role moves at most once.
  - A reboot that would take a service away is left out unless the machine is named in C(policy.outage).
positional: members, topology, answers, groups, policy
options:
  _input:
    description: What M(plannerate.infra.machine_updates) returned on each machine, by its name.
    type: dict
    required: true
  members:
    description: Members as given by P(plannerate.infra.postgres_members#filter). Empty where there is no PostgreSQL.
    type: list
    elements: dict
    required: true
  topology:
    description: Decision of P(plannerate.infra.postgres_topology#filter), or null.
    type: dict
    required: true
  answers:
    description: Answers of M(plannerate.infra.postgres_cluster_info) by member name.
    type: dict
    required: true
  groups:
    description: The names of the machines that are C(poolers), C(docker_hosts) and C(monitoring).
    type: dict
    required: true
  policy:
    description: C(machines) (only these, all if empty), C(outage) (those that may take a service away) and C(reboot) (whether any may).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ (found | plannerate.infra.patch_plan(members, topology, answers, groups, policy)).text }}"
"""

RETURN = r"""
_value:
  description:
    - C(errors), why nothing may be done; C(order), the machines on which something is to be done; C(machines), the steps of each; C(text),
      the same as sentences; C(from_machine), by machine, what is to be done from there on.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._patch.described import described_plan


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"patch_plan": described_plan}
