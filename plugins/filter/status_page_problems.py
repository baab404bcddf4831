# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_page_problems
short_description: Why the inventory's status page cannot work
version_added: 0.1.0
description:
  - Checks the variables of the role P(plannerate.infra.status_page#role) before anything is changed.
options:
  _input:
    description:
      - What P(plannerate.infra.status_page_configuration#filter) takes, with C(images), C(servers) (the machine's name, where it is in the
        group C(status)), C(domain), C(taken) (names of something else), C(acme_email), C(behind_traefik) and C(watched) (names of
        machines).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what would be refused
  ansible.builtin.debug:
    msg: "{{ wanted | plannerate.infra.status_page_problems }}"
"""

RETURN = r"""
_value:
  description: One sentence for each problem, with what was found, what was expected and what to do.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._status_page.inventory import problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"status_page_problems": problems}
