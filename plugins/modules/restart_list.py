#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restart_list
short_description: Lists what a run restarts, why, and who notices it for how long
version_added: 0.1.0
description:
  - With O(restarts), says what is about to restart, and remembers it for this run. Comes before the change.
  - Without, shows everything that was remembered since the run began, on all hosts; C(Nothing restarts.) otherwise. Comes at the end, also
    with C(--check). Hosts of the play that failed before are in it, as not known.
  - Changes nothing, and runs nothing on a machine.
options:
  restarts:
    description: What restarts.
    type: list
    elements: dict
    suboptions:
      machine:
        description: Where it is. By default the host of the task.
        type: str
      name:
        description: The service, container or member.
        type: str
        required: true
      kind:
        description:
          - What it is, from which it follows who notices it for how long. The kinds are in
            C(plugins/module_utils/_restart_list/rows.py).
        type: str
        required: true
      action:
        description: What happens, such as V(starts), where that is something else than the kind says.
        type: str
      why:
        description: The reason, as the end of a sentence.
        type: str
        required: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - ansible.builtin.action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: List what restarts
  plannerate.infra.restart_list:
    restarts:
      - {name: pgbouncer, kind: pgbouncer, why: "listen_backlog is '128', wanted '1024'"}

- name: Show everything that restarts
  plannerate.infra.restart_list:
  run_once: true
"""

RETURN = r"""
restarts:
  description: The rows that were given, or all of this run.
  returned: success
  type: list
  elements: dict
  sample:
    - {machine: db01, name: pgbouncer, kind: pgbouncer, action: restarts, why: "listen_backlog is '128', wanted '1024'"}
"""
