# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_adoption
short_description: PostgreSQL members that somebody else set up
version_added: 0.1.0
description:
  - Decides from the answers of M(plannerate.infra.postgres_cluster_info) whether members that this collection did not set up
    can be taken over, and says what a cluster that was taken over still has from before.
  - Never fails. Reasons for which the run must stop are in RV(_value.errors), for an assertion to print.
positional: answers, topology, machines, options
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  answers:
    description: Answer of each member by its name.
    type: dict
    required: true
  topology:
    description: Decision of P(plannerate.infra.postgres_topology#filter).
    type: dict
    required: true
  machines:
    description: What the members of each machine share, by its name.
    type: dict
    required: true
  options:
    description:
      - C(adopt), whether it may be done; C(rules), V(keep) or V(drop); C(owned), whether the inventory owns the machines; C(roles),
        the roles that the collection makes its own, by the variable that names each; C(sources), the addresses and networks that
        are let in; C(wal_level), the setting.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what an adopted cluster still has from before
  ansible.builtin.debug:
    msg: "{{ (members | plannerate.infra.postgres_adoption(answers, topology, machines, options)).report }}"
"""

RETURN = r"""
_value:
  description: The decision.
  type: dict
  contains:
    members:
      description: Names of the members that have data and were not set up by this collection.
      type: list
      elements: str
    errors:
      description: Why the run must stop.
      type: list
      elements: str
    rules:
      description: For each of RV(_value.members) the access rules that stay in force.
      type: dict
    report:
      description: What an adopted cluster still has from before, each with what to do about it.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._adoption import plan as adoption
from ansible_collections.plannerate.infra.plugins.module_utils._adoption.checks import Options, problems
from ansible_collections.plannerate.infra.plugins.module_utils._adoption.report import report
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Topology
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.host import HostFacts


class Adoption(TypedDict):
    members: list[str]
    errors: list[str]
    rules: dict[str, list[str]]
    report: list[str]


def postgres_adoption(
    members: Sequence[Member],
    answers: adoption.Instances,
    topology: Topology,
    machines: Mapping[str, HostFacts],
    options: Options,
) -> Adoption:
    names = adoption.foreign(answers)
    return {
        "members": names,
        "errors": problems(members, answers, topology, machines, options),
        "rules": {name: adoption.rules(answers, name) for name in names},
        "report": report(members, answers, topology),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_adoption": postgres_adoption}
