# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbouncer_scram_secret
short_description: The SCRAM secret of a random password
version_added: 0.1.0
description:
  - Gives what PostgreSQL and PgBouncer store instead of a password. The same password and user always give the same secret.
  - For random passwords only, since the salt is computed from them.
positional: user
options:
  _input:
    description: The password.
    type: str
    required: true
  user:
    description: Whose it is.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the form of a secret
  ansible.builtin.debug:
    msg: "{{ 'Zw7kD0fPq2LxV9sB' | plannerate.infra.pgbouncer_scram_secret('pgbouncer_stats') }}"
"""

RETURN = r"""
_value:
  description: The secret, beginning with C(SCRAM-SHA-256$).
  type: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.scram import scram_secret


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"pgbouncer_scram_secret": scram_secret}
