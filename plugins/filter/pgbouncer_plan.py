# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_plan
short_description: PgBouncer's pools from the environments of the inventory
version_added: 0.1.0
description:
  - Gives two pools for each environment, its database on the primary and its read-only alias on the replicas, and every reason
    why they cannot be had.
positional: environment, defaults, max_connections, reserved, version
options:
  _input:
    description:
      - Environment name to a dict with C(database) and, where they differ from the defaults, C(pool_mode), C(pool_size),
        C(pool_size_ro) and C(prepared_statements).
    type: dict
    required: true
  environment:
    description: Name of the environment that this inventory has.
    type: str
    required: true
  defaults:
    description: C(pool_mode) and C(pool_size) of an environment that names none.
    type: dict
    required: true
  max_connections:
    description: Connections that a PostgreSQL member accepts.
    type: int
    required: true
  reserved:
    description: How many of them no pool may take.
    type: int
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
      {{ ({'production': {'database': 'shop'}}
          | plannerate.infra.pgbouncer_plan('production', {'pool_mode': 'transaction', 'pool_size': 25}, 150, 20, '1.24.1')).pools }}
"""

RETURN = r"""
_value:
  description:
    - C(pools), a list of dicts with C(environment), C(name), C(database), C(target), C(pool_mode), C(size), C(pool_size) and
      C(prepared_statements); and C(errors), a list of sentences.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import (
    Defaults,
    Environment,
    Pool,
    pools,
    problems,
    version_problems,
)


class Plan(TypedDict):
    pools: list[Pool]
    errors: list[str]


def pgbouncer_plan(
    environments: Mapping[str, Environment],
    environment: str,
    defaults: Defaults,
    max_connections: int | str,
    reserved: int | str,
    version: str | None = "",
) -> Plan:
    errors = problems(environments, environment, defaults, max_connections, reserved)
    if errors:
        return {"pools": [], "errors": errors}
    wanted = pools(environments, defaults)
    return {"pools": wanted, "errors": version_problems(wanted, version)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_plan": pgbouncer_plan}
