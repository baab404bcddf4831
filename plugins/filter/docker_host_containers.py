# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_containers
short_description: Which containers of a Compose project are made anew, and why
version_added: 0.1.0
description:
  - Compares the labels of P(plannerate.infra.docker_host_definitions#filter) with those of the containers that are there.
positional: wanted
options:
  _input:
    description: The C(stack) of P(plannerate.infra.docker_host_answer#filter).
    type: list
    elements: str
    required: true
  wanted:
    description:
      - C(project), the project's name. C(names), the container of each service, in the order in which they are replaced. C(definitions),
        the label of each service. C(forced), why a service is replaced whatever its label says.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is replaced
  ansible.builtin.debug:
    msg: "{{ (probe.stdout | plannerate.infra.docker_host_answer).stack | plannerate.infra.docker_host_containers(wanted) }}"
"""

RETURN = r"""
_value:
  description:
    - C(rows), for M(plannerate.infra.restart_list). C(replaced), the services to see to one after the other, where containers are
      made anew. C(removed), the containers of the project that no service has. C(healthy), the application's containers that can be sent
      requests. C(others), those that can be while a service is seen to, by the service.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.containers import plan


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_containers": plan}
