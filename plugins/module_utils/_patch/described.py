# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan and its words, as the filter P(plannerate.infra.patch_plan#filter) gives them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ansible_collections.plannerate.infra.plugins.module_utils._patch import said
from ansible_collections.plannerate.infra.plugins.module_utils._patch.found import Cluster, Found, Groups
from ansible_collections.plannerate.infra.plugins.module_utils._patch.plan import Plan, Policy, plan

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances, Topology


class DescribedPlan(Plan):
    """``text``: the whole run as sentences. ``from_machine``: by machine, what is to be done from there on."""

    text: list[str]
    from_machine: dict[str, list[str]]


def described_plan(
    found: Mapping[str, Found],
    members: Sequence[Member],
    topology: Topology | None,
    answers: Instances,
    groups: Groups,
    policy: Policy,
) -> DescribedPlan:
    planned = plan(found, Cluster(members, topology, answers), groups, policy)
    order = planned["order"]
    return {
        "errors": planned["errors"],
        "order": order,
        "machines": planned["machines"],
        "text": said.sentences(planned),
        "from_machine": {name: said.to_do(planned, order[place:]) for place, name in enumerate(order)},
    }
