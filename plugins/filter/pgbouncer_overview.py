# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_overview
short_description: PgBouncer's pools at a glance
version_added: 0.1.0
description:
  - Puts C(SHOW POOLS), C(SHOW STATS), C(SHOW DATABASES) and C(SHOW USERS) into one row for each pool, and into a table.
options:
  _input:
    description: The answers as CSV, under the headings C(== pools), C(== stats), C(== databases) and C(== users).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the pools
  ansible.builtin.debug:
    msg: "{{ (answer.stdout | plannerate.infra.pgbouncer_overview).table }}"
"""

RETURN = r"""
_value:
  description: C(rows), one dict for each pool, and C(table), the same as text.
  type: dict
"""

from collections.abc import Callable
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.overview import PoolOverview, overview, table


class Overview(TypedDict):
    rows: list[PoolOverview]
    table: str


def pgbouncer_overview(text: str) -> Overview:
    rows = overview(text)
    return {"rows": rows, "table": table(rows)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_overview": pgbouncer_overview}
