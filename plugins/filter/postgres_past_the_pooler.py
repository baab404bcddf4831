# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_past_the_pooler
short_description: Docker hosts among the clients of PostgreSQL's members
version_added: 0.1.0
description:
  - Names each client that is a Docker host, or a network with one. Containers there would reach the members past PgBouncer's pools.
positional: docker_hosts, variable
options:
  _input:
    description: Addresses and networks from which clients may connect to the members.
    type: list
    elements: str
    required: true
  docker_hosts:
    description: A list of addresses for each Docker host, by its name.
    type: dict
    required: true
  variable:
    description: Name of the variable that lists the clients.
    type: str
    default: postgres_clients
"""

EXAMPLES = r"""
- name: Refuse clients that would go past PgBouncer
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ ['192.0.2.0/24'] | plannerate.infra.postgres_past_the_pooler({'app01': ['192.0.2.20']}) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each, with what was found and what to do.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.inputs import past_the_pooler


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_past_the_pooler": past_the_pooler}
