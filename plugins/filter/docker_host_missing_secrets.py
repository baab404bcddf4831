# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_missing_secrets
short_description: The application's secrets that have no value
version_added: 0.1.0
description:
  - Names the secrets of the application that neither the inventory nor the credentials file gives.
positional: stored
options:
  _input:
    description:
      - The stack of an environment. A dict with C(environment), C(domain), C(pgadmin_email), C(database) (variables of the
        application for its database), C(database_secret) (name of the owner's password in the credentials file), C(env) and
        C(secrets) (variables and secrets of the application).
    type: dict
    required: true
  stored:
    description: The answer of M(plannerate.infra.credentials_file) to P(plannerate.infra.docker_host_wanted_secrets#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse a stack without its secrets
  ansible.builtin.fail:
    msg: "These secrets have no value: {{ missing | join(', ') }}"
  when: missing | length > 0
  vars:
    missing: "{{ stack | plannerate.infra.docker_host_missing_secrets(credentials.secrets) }}"
"""

RETURN = r"""
_value:
  description: Names as the application knows them.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.environment import missing_secrets


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_missing_secrets": missing_secrets}
