# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_databases
short_description: Where each of PgBouncer's pools has to point
version_added: 0.1.0
description:
  - Gives the wanted rows of C(SHOW DATABASES), and the environments whose pools do not point to the primary.
positional: environment, targets, present
options:
  _input:
    description: C(pools) as given by P(plannerate.infra.pgbouncer_plan#filter).
    type: list
    elements: dict
    required: true
  environment:
    description: Name of the environment that this inventory has.
    type: str
    required: true
  targets:
    description: C(primary) and C(replicas), each a dict with C(host) and C(port).
    type: dict
    required: true
  present:
    description: C(databases) as given by P(plannerate.infra.pgbouncer_answer#filter), none while PgBouncer does not answer.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which pools do not point to the primary
  ansible.builtin.debug:
    msg: "{{ (plan.pools | plannerate.infra.pgbouncer_databases('production', targets, answer.databases)).displaced }}"
"""

RETURN = r"""
_value:
  description:
    - C(own), the rows of this inventory's environment by name; C(foreign), C(host) and C(port) of the other environments' pools on
      the primary; and C(displaced), the names of those environments whose pool points elsewhere.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.databases import databases


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_databases": databases}
