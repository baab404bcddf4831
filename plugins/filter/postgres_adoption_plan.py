# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_adoption_plan
short_description: What taking over one PostgreSQL member would do
version_added: 0.1.0
description:
  - Compares what a member that somebody else set up has in its configuration files with what this collection would set.
positional: answers, settings
options:
  _input:
    description: The member, as given by P(plannerate.infra.postgres_members#filter).
    type: dict
    required: true
  answers:
    description: Answer of each member by its name, from M(plannerate.infra.postgres_cluster_info).
    type: dict
    required: true
  settings:
    description: What this collection sets, by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be done to a member
  ansible.builtin.debug:
    msg: "{{ (member | plannerate.infra.postgres_adoption_plan(answers, {'max_connections': 150})).plan }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    plan:
      description: The same for people, a heading to what it heads.
      type: dict
    settings:
      description: Settings that stay, by name, since this collection does not set them.
      type: dict
    resets:
      description: Names in C(postgresql.auto.conf) that would win over what this collection sets.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._adoption import plan as adoption
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member


class AdoptionPlan(TypedDict):
    plan: dict[str, str | list[str]]
    settings: dict[str, str]
    resets: list[str]


def postgres_adoption_plan(member: Member, answers: adoption.Instances, settings: Mapping[str, object]) -> AdoptionPlan:
    instance = answers[member["name"]]
    return {
        "plan": adoption.plan(member, answers, settings),
        "settings": adoption.kept_settings(instance, settings),
        "resets": adoption.overrides(instance, settings),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_adoption_plan": postgres_adoption_plan}
