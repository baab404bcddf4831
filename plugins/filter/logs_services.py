# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: logs_services
short_description: Which units of the role logs start, restart or reload, and why
version_added: 0.1.0
description:
  - What it gives is for M(ansible.builtin.systemd_service), and each C(row) for M(plannerate.infra.restart_list).
positional: written, probed
options:
  _input:
    description: Units, each with C(name), C(kind), and the files for which it has to C(restart) or C(reload).
    type: list
    elements: dict
    required: true
  written:
    description: The files that were written and have not been loaded.
    type: list
    elements: str
    required: true
  probed:
    description: Lines with C(started) and the name of a unit that runs, or C(stale) and that of one that has to reload.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what has something to do
  ansible.builtin.debug:
    msg: "{{ units | plannerate.infra.logs_services(files.pending, probe.stdout_lines) }}"
"""

RETURN = r"""
_value:
  description: One entry for each unit, with C(name), C(state) and C(row), which is none where it only reloads.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._logs.services import services


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"logs_services": services}
