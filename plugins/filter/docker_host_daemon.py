# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_host_daemon
short_description: Settings of a Docker engine that keep what its machine has
version_added: 0.1.0
description:
  - Adds settings to those of a C(daemon.json), and replaces those of the same name.
  - Options of a log driver are left out where the driver becomes another one.
positional: own
options:
  _input:
    description: The lines of the file, none where there is none.
    type: list
    elements: str
    required: true
  own:
    description: The settings. What is V(null) is left out, also where the file has it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what the engine would have
  ansible.builtin.debug:
    msg: "{{ ['{\"data-root\": \"/srv/docker\"}'] | plannerate.infra.docker_host_daemon({'live-restore': true}) }}"
"""

RETURN = r"""
_value:
  description: The settings.
  type: dict
  sample: {data-root: /srv/docker, live-restore: true}
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._docker.engine import settings


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"docker_host_daemon": settings}
