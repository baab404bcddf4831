# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_status
short_description: The PostgreSQL cluster at a glance
version_added: 0.1.0
description:
  - Puts what discovery and M(plannerate.infra.postgres_replication_lag) found into one row for each member, and into a table.
positional: topology, answers, lag, machines
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  topology:
    description: Decision of P(plannerate.infra.postgres_topology#filter).
    type: dict
    required: true
  answers:
    description: Answers of M(plannerate.infra.postgres_cluster_info) by member name.
    type: dict
    required: true
  lag:
    description: The C(standbys) that M(plannerate.infra.postgres_replication_lag) returned.
    type: dict
    default: {}
  machines:
    description: What M(plannerate.infra.postgres_cluster_info) returned of each machine, by its name. Their locks are shown.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the cluster
  ansible.builtin.debug:
    msg: "{{ (members | plannerate.infra.postgres_status(topology, answers, lag.standbys)).table }}"
"""

RETURN = r"""
_value:
  description: C(rows), one dict for each member, and C(table), the same as text.
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster import status
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances, Topology
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.host import HostFacts
from ansible_collections.plannerate.infra.plugins.module_utils._replication.lag import Lag


class Status(TypedDict):
    rows: list[status.StatusRow]
    table: str


def postgres_status(
    members: Sequence[Member],
    topology: Topology,
    answers: Instances,
    lag: Mapping[str, Lag] | None = None,
    machines: Mapping[str, HostFacts] | None = None,
) -> Status:
    rows = status.rows(members, topology, answers, lag or {})
    locks = [f"{lock}, on {name}" for name, facts in sorted((machines or {}).items()) for lock in facts["locks"]]
    return {"rows": rows, "table": "\n".join([status.table(rows), *locks])}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_status": postgres_status}
