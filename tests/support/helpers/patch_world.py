# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A patch whose machines and servers are a file: what would touch them is replaced by modules that note what they were asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from textwrap import indent
from typing import Any

from support.helpers.checkout import ROOT
from support.helpers.stubs import collection_with

MEMBERS = {"pg-main": 5432, "pg-replica1": 5433}
# Each module's own part, between what they share.
STUB = """
import json
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
WORLD = {world!r}
class Done(Exception):
    pass
class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        try:
            act(self._task.args, self._task.check_mode)
        except Done as done:
            return done.args[0]
def act(params, check_mode):
    world = json.load(open(WORLD))
    def end(said, note=None, **result):
        if note and not check_mode:
            world["did"].append(note)
            json.dump(world, open(WORLD, "w"))
        raise Done({{"changed": bool(note), **said, **result}})
{body}
"""
BODIES = {
    "machine_updates": """
members = [each for each in params["services"] if each.startswith("postgresql@")]
machine = ("db01" if "postgresql@15-pg_main" in members else "db02") if members else "app01"
found = world["machines"][machine]
updates = found["updates"]
note = None
if world.get("goes") == machine and params["state"] == "upgraded":
    world["gone"] = machine
    json.dump(world, open(WORLD, "w"))
if world.get("gone") == machine:
    raise AnsibleConnectionFailure("no route to host")
if params["state"] == "upgraded" and updates:
    note = "upgraded " + machine
    if not check_mode:
        found["updates"] = []
        found["reboot"] += world.get("brings", [])
        if machine == "db01":
            found["outdated"] += [each for each in params["services"] if each.startswith("postgresql@") or each == "pgbouncer"]
end({"updates": updates, "waiting": [], "outdated_services": found["outdated"], "reboot": found["reboot"], "interrupted": False}, note)
""",
    "postgres_promote": """
def restarted(name):
    service = "postgresql@15-" + name.replace("-", "_")
    outdated = world["machines"]["db01"]["outdated"]
    if service in outdated:
        outdated.remove(service)
if check_mode:
    end({"plan": [params["mode"]]})
if params["target"] == world.get("breaks"):
    raise AnsibleActionFail(params["target"] + " does not start")
if params["mode"] == "switchover":
    restarted(world["primary"])
    world["primary"] = params["target"]
else:
    restarted(params["target"])
end({"plan": [], "primary": world["primary"], "seconds": 0.3, "steps": [], "notes": []}, params["mode"] + " " + params["target"])
""",
    "postgres_cluster_info": """
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import unknown_instance
members, ports = {}, world["members"]
for name in ports:
    answer = unknown_instance("running", None)
    primary = name == world["primary"]
    answer.update(role="primary" if primary else "standby", version=15, timeline=1, system_identifier="1", pending_restart=[],
                  restart_settings={}, slots=[], managed=True, config_present=True,
                  lsn="0/1", replay_lsn="0/1", marker="1", history=[], roles=[],
                  synchronous_settings=[])
    if primary:
        listed = 'ANY 1 ("' + '", "'.join(n for n in ports if n != name) + '")'
        answer["settings"]["synchronous_standby_names"] = "" if world.get("asynchronous") else listed
        answer["synchronous"] = [
            {"application_name": n, "state": "streaming", "sync_state": "quorum"} for n in ports if n != name and n != world.get("away")
        ]
    else:
        answer["upstream"] = {"host": world["machine_of"].get(world["primary"], "db01"), "port": ports[world["primary"]]}
    members[name] = answer
machine = {"cpus": 2, "memory_mb": 1000, "programs": [15], "psycopg2": True, "codename": "bookworm", "distribution": "debian 12",
           "clusters": [], "locks": []}
end({"members": members, "machine": machine}, changed=False)
""",
    "postgres_replication_lag": "end({'standbys': {}})",
    "pgbouncer_restart": """
if world.get("sessions") and not params["break_sessions"]:
    raise AnsibleActionFail("clients of session pools would lose their sessions")
if params.get("state") == "paused":
    end({"pools": []}, "pauses pgbouncer")
if not check_mode:
    world["machines"]["db01"]["outdated"].remove("pgbouncer")
end({"pools": []}, "pgbouncer")
""",
    "alertmanager_silences": """
who = params["author"].split()[-1]
end({"silenced": True}, ("silences %s" if params["silences"] else "ends the silences of %s") % who)
""",
}
SYSTEMCTL = """#!/bin/sh
case "$*" in
*list-units*) echo 'postgresql@15-pg_main.service loaded active running'; echo 'pgbouncer.service loaded active running' ;;
is-system-running) echo running ;;
is-active*) grep -q '"dead": "'$2'"' {world} && { echo failed; exit 3; }; echo active ;;
esac
"""


class Patch:
    def __init__(self, directory):
        self.directory, self.path = directory, directory / "world.json"
        stubs = {name: STUB.format(world=str(self.path), body=indent(body, "    ")) for name, body in BODIES.items()}
        self.collection = collection_with(directory, stubs, actions=True)
        (directory / "bin").mkdir()
        self.program("systemctl", SYSTEMCTL.replace("{world}", str(self.path)))
        self.program("docker", "#!/bin/sh\n:\n")
        self.program("runuser", "#!/bin/sh\n:\n")
        hosts: dict[str, Any] = {
            "all": {
                "vars": {
                    "ansible_connection": "local",
                    "ansible_become": False,
                    "ansible_python_interpreter": sys.executable,
                    "machine_address": "198.18.0.1",
                    # There is nothing here to lock.
                    "run_locked": True,
                },
                "children": {
                    "machines": {"hosts": {"app01": {}, "db01": {}}},
                    "docker_hosts": {"hosts": {"app01": {}}},
                    "monitoring": {"hosts": {"app01": {}}},
                    "pgbouncers": {"hosts": {"db01": {}}},
                    "postgres": {
                        "children": {
                            "postgres_primary": {"hosts": {"pg-main": self.member(5432)}},
                            "postgres_replica": {
                                "hosts": {name: self.member(MEMBERS[name]) for name in [*MEMBERS][1:]}
                            },
                        }
                    },
                },
            }
        }
        self.hosts = hosts
        nothing: dict[str, list[Any]] = {"updates": [], "outdated": [], "reboot": []}
        self.world: dict[str, Any] = {
            "members": MEMBERS,
            "primary": "pg-main",
            "machine_of": {},
            "did": [],
            "machines": {"db01": {**nothing}, "app01": {**nothing}},
        }

    @staticmethod
    def member(port):
        return {"postgres_machine": "db01", "postgres_port": port}

    def second_machine(self):
        """The replica is on db02."""
        groups = self.hosts["all"]["children"]
        groups["machines"]["hosts"]["db02"] = {}
        groups["postgres"]["children"]["postgres_replica"]["hosts"]["pg-replica1"]["postgres_machine"] = "db02"
        self.world["machines"]["db02"] = {"updates": [], "outdated": [], "reboot": []}
        self.world["machine_of"] = {"pg-replica1": "db02"}

    def program(self, name, text):
        path = self.directory / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *options):
        """Exit code, output on one line, and what was done."""
        self.path.write_text(json.dumps(self.world))
        (self.directory / "hosts.json").write_text(json.dumps(self.hosts))
        done = subprocess.run(
            ["ansible-playbook", f"--inventory={self.directory}/hosts.json", "playbooks/patch.yml", *options],
            cwd=self.collection,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": f"{self.directory}/collections",
                "ANSIBLE_NOCOLOR": "1",
                "PATH": f"{self.directory}/bin:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=480,
        )
        self.world = json.loads(self.path.read_text())
        did, self.world["did"] = self.world["did"], []
        for number, each in enumerate(did):
            if each.startswith("upgraded "):
                assert each.replace("upgraded", "silences") in did[:number], "before anything of the machine changes"
        return (
            done.returncode,
            " ".join((done.stdout + done.stderr).split()),
            [each for each in did if not each.startswith("silences")],
        )
