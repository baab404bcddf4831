# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_plan
short_description: PgBouncer's pools from the environments of the inventory
version_added: 0.1.0
description:
  - Gives the pools of each environment, its database on the primary, its read-only alias on the replicas and its session pool on the
    primary, how many clients it may have, and every reason why they cannot be had.
positional: environment, defaults, room, version
options:
  _input:
    description:
      - Environment name to a dict with C(database) and, where they differ from the defaults, C(pool_mode), C(pool_size),
        C(pool_size_ro), C(pool_size_session), C(max_clients) and C(prepared_statements).
    type: dict
    required: true
  environment:
    description: Name of the environment that this inventory has.
    type: str
    required: true
  defaults:
    description: C(pool_mode), C(pool_size) and C(pool_size_session) of an environment that names none.
    type: dict
    required: true
  room:
    description:
      - C(max_connections), which a PostgreSQL member accepts; C(reserved), how many of them no pool may take; C(direct), how many of these
        the owner of each environment may have; C(max_client_conn), the clients that PgBouncer accepts; C(poolers), how many PgBouncers
        there are.
    type: dict
    required: true
  version:
    description: PgBouncer's version, empty while it is not known.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the pools
  ansible.builtin.debug:
    msg: >-
      {{ ({'production': {'database': 'shop'}} | plannerate.infra.pgbouncer_plan('production', defaults, room, '1.24.1')).pools }}
  vars:
    defaults: {pool_mode: transaction, pool_size: 25, pool_size_session: 5}
    room: {max_connections: 150, reserved: 20, direct: 2, max_client_conn: 2000, poolers: 1}
"""

RETURN = r"""
_value:
  description:
    - C(pools), a list of dicts with C(environment), C(name), C(database), C(target), C(pool_mode), C(size), C(pool_size) and
      C(prepared_statements); C(max_clients), clients by environment, empty where this PgBouncer cannot limit them; and C(errors), a list
      of sentences.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.limits import (
    client_limits,
    client_problems,
    has_client_limits,
)
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import (
    Defaults,
    Environment,
    Pool,
    Room,
    pools,
    problems,
    version_problems,
)


class Plan(TypedDict):
    pools: list[Pool]
    max_clients: dict[str, int]
    errors: list[str]


def pgbouncer_plan(
    environments: Mapping[str, Environment],
    environment: str,
    defaults: Defaults,
    room: Room,
    version: str | None = "",
) -> Plan:
    errors = problems(environments, environment, defaults, room) or client_problems(environments, defaults, room)
    if errors:
        return {"pools": [], "max_clients": {}, "errors": errors}
    wanted = pools(environments, defaults)
    clients = client_limits(environments, defaults, room) if has_client_limits(version) else {}
    return {"pools": wanted, "max_clients": clients, "errors": version_problems(wanted, version)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_plan": pgbouncer_plan}
