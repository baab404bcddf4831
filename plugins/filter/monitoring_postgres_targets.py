# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: monitoring_postgres_targets
short_description: Prometheus' targets for the exporters of PostgreSQL members
version_added: 0.1.0
description:
  - Gives one entry of C(static_configs) for each member, labelled with its name and its machine. The exporter of a member listens
    on the member's port with a 1 before it.
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the targets
  ansible.builtin.debug:
    msg: "{{ postgres_members | plannerate.infra.monitoring_postgres_targets }}"
"""

RETURN = r"""
_value:
  description: A dict for each member with C(targets) and C(labels).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.targets import postgres_targets


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"monitoring_postgres_targets": postgres_targets}
