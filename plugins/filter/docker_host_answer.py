# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_answer
short_description: What a machine says about its Docker engine
version_added: 0.1.0
description:
  - Reads the answer to the probe of the role P(plannerate.infra.docker_host#role).
options:
  _input:
    description: The output of the probe of the role.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the version of Compose
  ansible.builtin.debug:
    msg: "{{ (probe.stdout | plannerate.infra.docker_host_answer).compose | first }}"
"""

RETURN = r"""
_value:
  description:
    - A list of values for C(os), C(architecture), C(package), C(compose), C(engine), C(firewall), C(container), C(port), C(image)
      and C(traefik), and C(installed), the names of the installed packages.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.answer import parse


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_answer": parse}
