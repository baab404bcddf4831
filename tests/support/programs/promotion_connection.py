# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection that a change of primary would make to db01, as Ansible's own plugins have it.

Takes a job as JSON on standard input: play (attributes of the play's context, such as become_pass), variables (of db01), own (of the
machine that the task is delegated to), run (scripts for db01; without any nothing is connected), seconds (that each may take). Answers with
one line of JSON. A process of its own, since it makes Ansible take itself for a controller.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task

from ansible_collections.plannerate.infra.plugins.action.postgres_promote import ActionModule, RemoteMachine


class Variables(Mapping):
    """Of a machine, as Ansible gives them: what is not defined is noticed when somebody looks at it."""

    def __init__(self, values):
        self.given = values

    def __getitem__(self, name):
        if self.given[name] == "{{ nowhere }}":
            raise AnsibleError("'nowhere' is undefined")
        return self.given[name]

    def __iter__(self):
        return iter(self.given)

    def __len__(self):
        return len(self.given)


def described(connection):
    options = {name: connection.get_option(name) for name in ("host", "password", "ssh_extra_args", "control_path")}
    if not connection.become:
        return {**options, "become": False}
    connection.become.build_become_command("true", connection._shell)
    become_pass = connection.become.get_option("become_pass")
    return {**options, "become": True, "become_pass": become_pass, "asks": bool(connection.become.prompt)}


def main():
    job = json.load(sys.stdin)
    context: Any = PlayContext()
    for name, value in job["play"].items():
        setattr(context, name, value)
    task: Any = Task()
    task.become, task.delegate_to = True, "db02"
    action = ActionModule(task, None, context, None, None, None)  # type: ignore[arg-type]
    variables = Variables({"inventory_hostname": "db01", **job["variables"]})
    connection: Any = action._connect(
        "db01", {"hostvars": {"db01": variables}, "ansible_delegated_vars": {"db02": job["own"]}}
    )
    if not job["run"]:
        print(json.dumps(described(connection)))
        return
    machine = RemoteMachine("db01", connection, action)
    try:
        answers = [vars(machine.run(script, job["seconds"])) for script in job["run"]]
    except AnsibleError as problem:
        print(json.dumps({"problem": str(problem)}))
        return
    print(json.dumps({"answers": answers}))


main()
