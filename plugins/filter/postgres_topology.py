# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_topology
short_description: Who is the primary, from what every member answered
version_added: 0.1.0
description:
  - Decides from the answers of M(plannerate.infra.postgres_cluster_info) which member is the primary, which are standbys
    and which have to be cloned. The inventory only decides on the very first run, when no member has data.
  - Never fails. Reasons for which no decision can be made are in RV(_value.errors), for an assertion to print.
positional: answers, rebuild, unreachable
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  answers:
    description: Answer of each member by its name. A member that is missing here was not reachable.
    type: dict
    required: true
  rebuild:
    description: Members whose missing data directory may be filled by a new base backup although they had data before.
    type: list
    elements: str
    default: []
  unreachable:
    description: What was said when a machine could not be reached, by the machine's name.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show who the primary is
  ansible.builtin.debug:
    msg: "{{ (members | plannerate.infra.postgres_topology(answers)).primary }}"
"""

RETURN = r"""
_value:
  description: The decision.
  type: dict
  contains:
    primary:
      description: Name of the primary, or none when there are errors.
      type: str
    first_run:
      description: Whether no member has data yet.
      type: bool
    roles:
      description: C(primary), C(standby), C(absent) or C(aside) for each member.
      type: dict
    following:
      description:
        - Of each member but the primary whether it C(follows), its C(verdict) and the C(reason). Empty without a primary.
        - The verdict is V(follows), V(detached) by a failover, V(diverged), V(elsewhere) when it is told to follow another member,
          V(not streaming), V(not running) or V(unknown).
      type: dict
    standbys:
      description: Names of the members that have data and are to follow the primary.
      type: list
      elements: str
    absent:
      description: Names of the members that have to be cloned.
      type: list
      elements: str
    aside:
      description: Names of the members that are left as they are, since they did not answer, are diverged, or are stopped former primaries.
      type: list
      elements: str
    system_identifier:
      description: The cluster's system identifier.
      type: str
    errors:
      description: Why no decision can be made, each with what was found, what was expected and what to do.
      type: list
      elements: str
    warnings:
      description: What an operator should know although the run can continue.
      type: list
      elements: str
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances, Topology, decide


def postgres_topology(
    members: Sequence[Member],
    answers: Instances,
    rebuild: Iterable[str] = (),
    unreachable: Mapping[str, str] | None = None,
) -> Topology:
    return decide(members, answers, rebuild, unreachable)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_topology": postgres_topology}
