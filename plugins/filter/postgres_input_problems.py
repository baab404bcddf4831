# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_input_problems
short_description: What an inventory asks of a PostgreSQL cluster that cannot be
version_added: 0.1.0
description:
  - Checks variables of the role P(plannerate.infra.postgres#role) against each other, and against what is known of the machines.
positional: sync_mode, package_source, machines, sync_count
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  sync_mode:
    description: The variable C(postgres_sync_mode).
    type: str
    required: true
  package_source:
    description: The variable C(postgres_package_source).
    type: str
    required: true
  machines:
    description:
      - The C(machine) that M(plannerate.infra.postgres_cluster_info) returned, by the machine's name.
      - Empty as long as no machine was asked. Whether a distribution has the wanted release is not checked then.
    type: dict
    default: {}
  sync_count:
    description: The variable C(postgres_sync_count).
    type: int
    default: 1
"""

EXAMPLES = r"""
- name: Refuse what cannot be
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ members | plannerate.infra.postgres_input_problems('quorum', 'distro', machines) }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with what was found, what was expected and what to do.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.inputs import problems

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member


def postgres_input_problems(
    members: Sequence[Member],
    sync_mode: str,
    package_source: str,
    machines: Mapping[str, Mapping[str, Any]] | None = None,
    sync_count: object = 1,
) -> list[str]:
    return problems(members, sync_mode, package_source, machines or {}, sync_count)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_input_problems": postgres_input_problems}
