# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_registry_authorities
short_description: Files with the certificate authorities of registries
version_added: 0.1.0
description:
  - Gives entries for P(plannerate.infra.file_set#module), which write the authority of each registry that has one of its own to where
    Docker looks for it.
options:
  _input:
    description: Address of each registry to a dict that may have C(ca_certificate), as PEM.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Trust the authority of a private registry
  plannerate.infra.file_set:
    files: "{{ registries | plannerate.infra.docker_host_registry_authorities }}"
  vars:
    registries:
      registry.example.com: {ca_certificate: "{{ lookup('ansible.builtin.file', 'registry-ca.crt') }}"}
"""

RETURN = r"""
_value:
  description: A directory and a file for each.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.registries import authority_files


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_registry_authorities": authority_files}
