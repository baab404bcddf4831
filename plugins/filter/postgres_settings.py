# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_settings
short_description: Settings that a PostgreSQL member is given on the way to those that are desired
version_added: 0.1.0
description:
  - Compares V(max_connections), V(max_worker_processes), V(max_wal_senders), V(max_prepared_transactions) and
    V(max_locks_per_transaction) as they are desired with what a standby and its primary have now.
  - A standby with less than its primary stops replaying. So these settings are raised on the standbys first, and lowered on the
    primary first.
positional: control, primary
options:
  _input:
    description: The desired settings by their PostgreSQL names.
    type: dict
    required: true
  control:
    description: The C(control_settings) of the member, as M(plannerate.infra.postgres_cluster_info) returned them.
    type: dict
    required: true
  primary:
    description:
      - For a standby, the C(settings) of its primary, as M(plannerate.infra.postgres_cluster_info) returned them, and an empty dictionary
        where it has not answered; none for a primary.
    type: dict
"""

EXAMPLES = r"""
- name: Show what the standby is given now
  ansible.builtin.debug:
    msg: "{{ settings.wanted }}"
  vars:
    settings: >-
      {{ {'max_connections': 200} | plannerate.infra.postgres_settings(
           answers['pg-replica1'].control_settings, answers['pg-main'].settings) }}
"""

RETURN = r"""
_value:
  description: What follows for the member.
  type: dict
  contains:
    desired:
      description: What was given.
      type: dict
    wanted:
      description: What the member is given. Of those five, a standby gets no less than its control file and its primary say.
      type: dict
    lowered:
      description: Names of those five of which less is desired than the member's control file says.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.standby_limits import (
    Settings,
    lowered,
    minimums,
)


class Plan(TypedDict):
    desired: Mapping[str, Any]
    wanted: dict[str, Any]
    lowered: list[str]


def postgres_settings(desired: Mapping[str, Any], control: Settings, primary: Settings = None) -> Plan:
    least = {} if primary is None else minimums(desired, control, primary)
    return {"desired": desired, "wanted": {**desired, **least}, "lowered": lowered(desired, control)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_settings": postgres_settings}
