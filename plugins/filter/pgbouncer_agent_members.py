# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_agent_members
short_description: How the agent of PgBouncer's replicas connects to the members
version_added: 0.1.0
description:
  - Gives a connection string for each PostgreSQL member. The agent asks the members whether they may serve reads.
positional: user, ca_file
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  user:
    description: The role that the agent logs in as.
    type: str
    required: true
  ca_file:
    description: Certificate of the authority that the members' certificates are of.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show how the members are reached
  ansible.builtin.debug:
    msg: "{{ postgres_members | plannerate.infra.pgbouncer_agent_members('pgbouncer', '/etc/ssl/machine/ca.crt') }}"
"""

RETURN = r"""
_value:
  description: Connection strings by the members' names.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.agent import connection_strings


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_agent_members": connection_strings}
