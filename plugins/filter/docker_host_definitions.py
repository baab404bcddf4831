# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_definitions
short_description: Of what the container of each Compose service is made, as a label
version_added: 0.1.0
description:
  - A container that has this label already is not made anew.
positional: variables, key, files
options:
  _input:
    description: A Compose file.
    type: dict
    required: true
  variables:
    description: What is in its C(.env), names and values.
    type: dict
    required: true
  key:
    description: A secret, without which nobody can try which variables have this label.
    type: str
    required: true
  files:
    description: What is in other files of variables, names and values by the file that a service has as C(env_file).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the labels
  ansible.builtin.debug:
    msg: "{{ {'services': {'app': {'image': 'shop:1.0'}}} | plannerate.infra.docker_host_definitions({'DEBUG': 'no'}, key) }}"
"""

RETURN = r"""
_value:
  description: The label by the name of the service. It has three parts, made of its image, its variables and the rest.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._docker.containers import definitions


def _of_compose_file(
    compose: Mapping[str, Any],
    variables: Mapping[str, Any],
    key: str,
    files: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, str]:
    return definitions(compose["services"], variables, key, files)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_definitions": _of_compose_file}
