# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: installed_packages
short_description: Which packages dpkg-query says are installed
version_added: 0.1.0
description:
  - Reads what C(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n') printed.
options:
  _input:
    description: Its lines.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is missing
  ansible.builtin.debug:
    msg: "{{ ['ufw', 'sudo'] | difference(asked.stdout_lines | plannerate.infra.installed_packages) }}"
"""

RETURN = r"""
_value:
  description: Names of the packages that are installed.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.packages import installed


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"installed_packages": installed}
