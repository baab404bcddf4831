# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_page_configuration
short_description: The configuration of the public status page
version_added: 0.1.0
description:
  - Makes Gatus' configuration of the variables of the role P(plannerate.infra.status_page#role).
options:
  _input:
    description:
      - C(language), C(title), C(description), C(interval), C(domains) (of the role P(plannerate.infra.docker_host#role)), C(environments),
        C(announcements), C(maintenance), C(address) and C(port).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is watched
  ansible.builtin.debug:
    msg: "{{ wanted | plannerate.infra.status_page_configuration }}"
"""

RETURN = r"""
_value:
  description: The configuration.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._status_page.page import configuration


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"status_page_configuration": configuration}
