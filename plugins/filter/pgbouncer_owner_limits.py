# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_owner_limits
short_description: How many connections each owner of a database may have
version_added: 0.1.0
description:
  - Gives the C(CONNECTION LIMIT) of the owners of an inventory's databases from PgBouncer's pools, so that one of them cannot take the
    connections of another.
positional: environments, defaults, room
options:
  _input:
    description: The databases, each with C(name), C(owner) and, where the inventory decides it, C(connections).
    type: list
    elements: dict
    required: true
  environments:
    description: The environments as given to P(plannerate.infra.pgbouncer_plan#filter).
    type: dict
    required: true
  defaults:
    description: As for P(plannerate.infra.pgbouncer_plan#filter).
    type: dict
    required: true
  room:
    description: As for P(plannerate.infra.pgbouncer_plan#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the limits
  ansible.builtin.debug:
    msg: >-
      {{ ([{'name': 'shop', 'owner': 'shop_owner'}]
          | plannerate.infra.pgbouncer_owner_limits({'production': {'database': 'shop'}}, defaults, room)).connections }}
  vars:
    defaults: {pool_mode: transaction, pool_size: 25, pool_size_session: 5}
    room: {max_connections: 150, reserved: 20, direct: 2, max_client_conn: 2000, poolers: 1}
"""

RETURN = r"""
_value:
  description: C(connections), by the owner's name, and C(errors), a list of sentences.
  type: dict
  sample: {"connections": {"shop_owner": 54}, "errors": []}
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.limits import OwnerLimits, owner_limits
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import (
    Defaults,
    Environment,
    Room,
    plan_problems,
    pools,
)


def pgbouncer_owner_limits(
    databases: Sequence[Mapping[str, Any]], environments: Mapping[str, Environment], defaults: Defaults, room: Room
) -> OwnerLimits:
    errors = plan_problems(environments, defaults, room)
    if errors:
        return {"connections": {}, "errors": errors}
    return owner_limits(databases, pools(environments, defaults), room)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_owner_limits": pgbouncer_owner_limits}
