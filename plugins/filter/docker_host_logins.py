# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_logins
short_description: Logins of registries for Docker's config.json
version_added: 0.1.0
description:
  - Gives the section C(auths) of Docker's C(config.json).
options:
  _input:
    description: Address of each registry to a dict with C(username) and C(password).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Log in to a registry
  ansible.builtin.copy:
    content: "{{ {'auths': registries | plannerate.infra.docker_host_logins} | to_nice_json }}"
    dest: /root/.docker/config.json
    mode: "0600"
  no_log: true
  vars:
    registries:
      registry.example.com: {username: deploy, password: "{{ vault_registry_password }}"}
"""

RETURN = r"""
_value:
  description: Address to a dict with C(auth).
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.registries import logins


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_logins": logins}
