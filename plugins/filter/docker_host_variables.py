# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_variables
short_description: The variables that become a stack's .env
version_added: 0.1.0
description:
  - Puts together names and values of C(.env). Where a name is given more than once, the last one wins in this order - the stack's
    own, C(database), the database's password, C(env), C(secrets).
positional: stored, service
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
  service:
    description: Whose they are. Those of V(pgadmin) are in a file of its own, since its password is none of the application's.
    type: str
    choices: [application, pgadmin]
    default: application
"""

EXAMPLES = r"""
- name: Write the variables
  ansible.builtin.copy:
    content: |
      {% for name, value in (stack | plannerate.infra.docker_host_variables(credentials.secrets)).items() %}
      {{ name }}={{ value | string | plannerate.infra.dotenv_quote }}
      {% endfor %}
    dest: /opt/stacks/production/.env
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_value:
  description: Names and values.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._docker.environment import (
    Stack,
    pgadmin_variables,
    variables,
)


def _of_service(stack: Stack, stored: Mapping[str, str | None], service: str = "application") -> dict[str, Any]:
    return {"application": variables, "pgadmin": pgadmin_variables}[service](stack, stored)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_variables": _of_service}
