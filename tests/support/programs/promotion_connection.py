# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection that a change of primary would make to db01, as Ansible's own plugins have it, without connecting.

Takes a job as JSON on standard input: play (attributes of the play's context, such as become_pass), variables (of db01). Answers with
one line of JSON. A process of its own, since it makes Ansible take itself for a controller.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task

from ansible_collections.plannerate.infra.plugins.action.postgres_promote import ActionModule


def main():
    job = json.load(sys.stdin)
    context: Any = PlayContext()
    for name, value in job["play"].items():
        setattr(context, name, value)
    task: Any = Task()
    task.become = True
    action = ActionModule(task, None, context, None, None, None)  # type: ignore[arg-type]
    variables = {"ansible_host": "198.18.0.12", **job["variables"]}
    connection: Any = action._connect("db01", {"hostvars": {"db01": variables}})
    connection.become.build_become_command("true", connection._shell)
    options = {name: connection.get_option(name) for name in ("password", "ssh_extra_args", "control_path")}
    become_pass = connection.become.get_option("become_pass")
    print(json.dumps({**options, "become_pass": become_pass, "asks": bool(connection.become.prompt)}))


main()
