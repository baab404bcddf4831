# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: monitoring_problems
short_description: Why the inventory's monitoring cannot work
version_added: 0.1.0
description:
  - Checks the variables of the role P(plannerate.infra.monitoring#role) before anything is changed.
options:
  _input:
    description:
      - C(receiver), C(without_receiver), C(smtp), C(servers) (names of the machines on which Prometheus runs), C(members) (PostgreSQL
        members of this machine, each with C(name) and C(port)), C(runbook_url), C(docker_hosts) (names of machines), C(addresses) (of the
        servers) and C(grafana) (C(domain), C(sources), and C(taken), names of something else).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what cannot work
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ wanted | plannerate.infra.monitoring_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with what was found, what was expected and what to do.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.inventory import problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"monitoring_problems": problems}
