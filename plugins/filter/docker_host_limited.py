# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_limited
short_description: An environment's file of Traefik with the limits of each client
version_added: 0.1.0
description:
  - Adds a limit of requests, one of logins and one of requests in flight to the routers of the application.
positional: environment, limits, proxies
options:
  _input:
    description: The file without limits.
    type: dict
    required: true
  environment:
    description: The environment's name, with which the names of its routers begin.
    type: str
    required: true
  limits:
    description: The options of the role P(plannerate.infra.docker_host#role) by their names without C(docker_host_).
    type: dict
    required: true
  proxies:
    description: Addresses and networks whose C(X-Forwarded-For) is believed.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Limit the logins of each client
  ansible.builtin.set_fact:
    content: "{{ routes | plannerate.infra.docker_host_limited('production', limits, ['192.0.2.0/24']) }}"
"""

RETURN = r"""
_value:
  description: The file with them.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.limits import limited


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_limited": limited}
