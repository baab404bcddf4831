# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_standby_limits
short_description: Settings that a PostgreSQL standby must have at least as high as its primary
version_added: 0.1.0
description:
  - Compares V(max_connections), V(max_worker_processes), V(max_wal_senders), V(max_prepared_transactions) and
    V(max_locks_per_transaction) as they are desired with what a standby and its primary have now.
  - A standby with less than its primary stops replaying. So these settings are raised on the standbys first, and lowered on the
    primary first.
positional: control, primary
options:
  _input:
    description: The desired settings by their PostgreSQL names; others than these five are ignored.
    type: dict
    required: true
  control:
    description: The C(control_settings) of the standby, as M(plannerate.infra.postgres_cluster_info) returned them.
    type: dict
    required: true
  primary:
    description: The C(settings) of the primary, as M(plannerate.infra.postgres_cluster_info) returned them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what the standby gets before the primary does
  ansible.builtin.debug:
    msg: "{{ limits.raised }}"
  vars:
    limits: >-
      {{ {'max_connections': 200} | plannerate.infra.postgres_standby_limits(
           answers['pg-replica1'].control_settings, answers['pg-main'].settings) }}
"""

RETURN = r"""
_value:
  description: What follows for the standby.
  type: dict
  contains:
    minimums:
      description: What the standby is given, by name. It is never less than the standby's control file and its primary say.
      type: dict
    raised:
      description: Names of those that the primary is about to get more of. Empty when it is not known what the primary has.
      type: list
      elements: str
    lowered:
      description: Names of those of which less is desired than the standby's control file says.
      type: list
      elements: str
"""

from collections.abc import Callable
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.standby_limits import (
    Settings,
    lowered,
    minimums,
    raised,
)


class Limits(TypedDict):
    minimums: dict[str, int]
    raised: list[str]
    lowered: list[str]


def postgres_standby_limits(desired: Settings, control: Settings, primary: Settings) -> Limits:
    return {
        "minimums": minimums(desired, control, primary),
        "raised": raised(desired, primary),
        "lowered": lowered(desired, control),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_standby_limits": postgres_standby_limits}
