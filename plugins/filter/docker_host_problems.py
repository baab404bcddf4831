# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_problems
short_description: Why wanted stacks cannot be on a Docker host
version_added: 0.1.0
description:
  - Compares what a machine answers with what the inventory wants, before anything is changed.
options:
  _input:
    description: The answer of P(plannerate.infra.docker_host_answer#filter).
    type: dict
    required: true
  wanted:
    description: The variables of the role P(plannerate.infra.docker_host#role) that are checked.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse what cannot work
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ answer | plannerate.infra.docker_host_problems(wanted) }}"
"""

RETURN = r"""
_value:
  description:
    - One sentence for each problem, with what was found, what was expected and what to do.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.host import problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_problems": problems}
