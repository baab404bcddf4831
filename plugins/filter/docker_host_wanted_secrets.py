# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_wanted_secrets
short_description: The secrets that a stack needs from the credentials file
version_added: 0.1.0
description:
  - Gives the option O(plannerate.infra.credentials_file#module:secrets) for the stack of an environment. The passwords of Redis,
    pgAdmin and the websockets are generated when they are not there; the database's password and the application's secrets are not.
options:
  _input:
    description:
      - The stack of an environment. A dict with C(environment), C(domain), C(pgadmin_email), C(database) (variables of the
        application for its database), C(database_secret) (name of the owner's password in the credentials file), C(env) and
        C(secrets) (variables and secrets of the application).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Get the secrets
  plannerate.infra.credentials_file:
    path: /root/.credentials
    secrets: "{{ stack | plannerate.infra.docker_host_wanted_secrets }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: Name in the credentials file to a dict with C(value) and C(generate).
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.environment import wanted_secrets


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_wanted_secrets": wanted_secrets}
