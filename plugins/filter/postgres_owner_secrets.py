# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_owner_secrets
short_description: The passwords that the owners of PostgreSQL databases need
version_added: 0.1.0
description:
  - Gives the option O(plannerate.infra.credentials_file#module:secrets) for a list of databases.
  - An owner that exists keeps the password that it has, so none is generated for it.
positional: roles
options:
  _input:
    description: The databases, each with C(name), C(owner) and, where the inventory gives one, C(password).
    type: list
    elements: dict
    required: true
  roles:
    description: Names of the roles that exist.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Keep the owners' passwords
  plannerate.infra.credentials_file:
    path: /root/.credentials
    secrets: "{{ [{'name': 'shop', 'owner': 'shop_owner'}] | plannerate.infra.postgres_owner_secrets(['postgres']) }}"
"""

RETURN = r"""
_value:
  description: By the secret's name a dict with C(value) (null where the inventory gives none) and C(generate).
  type: dict
  sample: {"POSTGRES_SHOP_OWNER_PASSWORD": {"value": null, "generate": true}}
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.owner_secrets import owner_secrets


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_owner_secrets": owner_secrets}
