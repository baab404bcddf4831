# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_answer
short_description: What a machine says about its PgBouncer
version_added: 0.1.0
description:
  - Reads the answer to the probe of the role P(plannerate.infra.pgbouncer#role).
options:
  _input:
    description: The probe's output.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the version
  ansible.builtin.debug:
    msg: "{{ (probe.stdout | plannerate.infra.pgbouncer_answer).version }}"
"""

RETURN = r"""
_value:
  description:
    - C(installed), C(version), C(paths), C(stale), C(nofile), C(config) and C(databases). The last two are none while
      PgBouncer does not answer.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.probe import parse


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_answer": parse}
