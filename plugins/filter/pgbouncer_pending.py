# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_pending
short_description: What the running PgBouncer does not have yet
version_added: 0.1.0
description:
  - Compares settings, pools and the limit of open files with the running PgBouncer, which itself says what it can reload.
positional: settings, databases, nofile
options:
  _input:
    description: As given by P(plannerate.infra.pgbouncer_answer#filter).
    type: dict
    required: true
  settings:
    description: Wanted settings by name.
    type: dict
    required: true
  databases:
    description: Wanted rows of C(SHOW DATABASES) by name of the pool; only the keys given are compared.
    type: dict
    required: true
  nofile:
    description: The least limit of open files that the process needs.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show what a reload would change
  ansible.builtin.debug:
    msg: "{{ (answer | plannerate.infra.pgbouncer_pending({'max_client_conn': 1000}, {}, 2000)).reload }}"
"""

RETURN = r"""
_value:
  description: C(reload) and C(restart), each a list with one line for each difference.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.probe import pending


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_pending": pending}
