# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook does what its plan says, in that order, and stops at the first machine that is not well.

Machines and servers are a file here: what would touch them is replaced by modules that note what they were asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.helpers.checkout import ROOT
from support.helpers.stubs import collection_with

MEMBERS = {"pg-main": 5432, "pg-replica1": 5433, "pg-replica2": 5434}
# Each module's own part, between what they share.
BEGIN = """
import json
from ansible.module_utils.basic import AnsibleModule
WORLD = {world!r}
world = json.load(open(WORLD))
"""
END = """
def end(said, note=None, **result):
    if note and not module.check_mode:
        world["did"].append(note)
        json.dump(world, open(WORLD, "w"))
    module.exit_json(**{"changed": bool(note), **said, **result})
"""
OPTIONS = {
    "machine_updates": ["packages", "services", "state", "refresh"],
    "postgres_promote": [
        *(
            "mode",
            "members",
            "answers",
            "target",
            "because",
            "synchronous",
            "standby_files",
            "poolers",
            "break_sessions",
        )
    ],
    "postgres_cluster_info": ["members"],
    "postgres_replication_lag": ["login_unix_socket", "login_port", "expected", "wait", "timeout"],
    "pgbouncer_restart": ["machine", "port", "pause_timeout"],
    "alertmanager_silences": ["author", "comment", "silences", "seconds", "url"],
}
BODIES = {
    "machine_updates": """
machine = "db01" if any(each.startswith("postgresql@") for each in params["services"]) else "app01"
found = world["machines"][machine]
updates = found["updates"]
note = None
if params["state"] == "upgraded" and updates:
    note = "upgraded " + machine
    if not module.check_mode:
        found["updates"] = []
        if machine == "db01":
            found["outdated"] += [each for each in params["services"] if each.startswith("postgresql@") or each == "pgbouncer"]
end({"updates": updates, "waiting": [], "outdated_services": found["outdated"], "reboot": found["reboot"]}, note)
""",
    "postgres_promote": """
def restarted(name):
    service = "postgresql@15-" + name.replace("-", "_")
    outdated = world["machines"]["db01"]["outdated"]
    if service in outdated:
        outdated.remove(service)
if module.check_mode:
    end({"plan": [params["mode"]]})
if params["target"] == world.get("breaks"):
    module.fail_json(msg=params["target"] + " does not start")
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
        answer["settings"]["synchronous_standby_names"] = 'ANY 1 ("' + '", "'.join(n for n in ports if n != name) + '")'
        answer["synchronous"] = [
            {"application_name": n, "state": "streaming", "sync_state": "quorum"} for n in ports if n != name and n != world.get("away")
        ]
    else:
        answer["upstream"] = {"host": "db01", "port": ports[world["primary"]]}
    members[name] = answer
machine = {"cpus": 2, "memory_mb": 1000, "programs": [15], "psycopg2": True, "codename": "bookworm", "distribution": "debian 12",
           "clusters": [], "locks": []}
end({"members": members, "machine": machine}, changed=False)
""",
    "postgres_replication_lag": "end({'standbys': {}})",
    "pgbouncer_restart": """
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
        begin = BEGIN.format(world=str(self.path))
        stubs = {
            name: f"#!/usr/bin/python\n{begin}\nmodule = AnsibleModule({{each: {{'type': 'raw'}} for each in {OPTIONS[name]!r}}}, "
            f"supports_check_mode=True)\nparams = module.params\n{END}\n{body}"
            for name, body in BODIES.items()
        }
        self.collection = collection_with(directory, stubs)
        (directory / "bin").mkdir()
        self.program("systemctl", SYSTEMCTL.replace("{world}", str(self.path)))
        self.program("docker", "#!/bin/sh\n:\n")
        self.program("runuser", "#!/bin/sh\n:\n")
        hosts = {
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
        (directory / "hosts.json").write_text(json.dumps(hosts))
        nothing = {"updates": [], "outdated": [], "reboot": []}
        self.world = {
            "members": MEMBERS,
            "primary": "pg-main",
            "did": [],
            "machines": {"db01": {**nothing}, "app01": {**nothing}},
        }

    @staticmethod
    def member(port):
        return {"postgres_machine": "db01", "postgres_port": port}

    def program(self, name, text):
        path = self.directory / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *options):
        """Exit code, output on one line, and what was done."""
        self.path.write_text(json.dumps(self.world))
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
            timeout=240,
        )
        self.world = json.loads(self.path.read_text())
        did, self.world["did"] = self.world["did"], []
        return (
            done.returncode,
            " ".join((done.stdout + done.stderr).split()),
            [each for each in did if not each.startswith("silences")],
        )


@pytest.fixture
def patch(tmp_path):
    return Patch(tmp_path)


POSTGRES = {"name": "postgresql-15", "installed": "15.14", "candidate": "15.15"}
DOCKER = {"name": "docker-compose", "installed": "2.26", "candidate": "2.27"}


def test_it_stops_where_a_standby_does_not_start_and_the_next_run_goes_on(patch):
    """Standbys, the primary by a switchover, the pooler, the application."""
    patch.world["machines"]["db01"]["updates"] = [POSTGRES]
    patch.world["machines"]["app01"]["updates"] = [DOCKER]
    patch.world["breaks"] = "pg-replica2"
    code, said, did = patch.run()
    assert code != 0 and did == ["upgraded db01", "restart pg-replica1", "ends the silences of db01"], said
    said = said.split("pg-replica2 does not start Stopped at db01. Left to do: ")[1]
    assert "db01: pg-replica2 restarts, as standby" in said and "pg-main, the primary, hands its role" in said
    assert "app01: docker-compose 2.26 → 2.27" in said

    del patch.world["breaks"]
    code, said, did = patch.run()
    assert (code, did) == (0, ["restart pg-replica2", "switchover pg-replica1", "pgbouncer", "upgraded app01"]), said
    assert "- pg-replica1 is the primary - nothing to do" in said


def test_a_service_that_does_not_come_back_stops_the_run(patch):
    patch.world["machines"]["app01"]["updates"] = [DOCKER]
    patch.world["dead"] = "pgbouncer.service"
    code, said, did = patch.run("--limit=app01", "--extra-vars=patch_health_timeout=1")
    assert code != 0 and "app01 is not well after 1 s: pgbouncer.service is failed" in said, said
    assert did == ["upgraded app01", "ends the silences of app01"] and "Stopped at app01" in said


def test_check_mode_prints_the_plan_and_a_second_run_changes_nothing(patch):
    patch.world["machines"]["app01"]["updates"] = [DOCKER]
    code, said, did = patch.run("--check")
    assert (code, did) == (0, []) and "app01: docker-compose 2.26 → 2.27" in said and "changed=1" in said, said
    patch.world["machines"]["app01"]["updates"] = []
    patch.world["machines"]["db01"]["reboot"] = ["kernel"]
    code, said, did = patch.run()
    assert (code, did) == (0, []) and "nothing to do" in said and "To allow it: -e patch_outage=db01" in said, said
    assert "changed=0" in said and "changed=1" not in said


def test_nothing_is_done_where_it_may_not_be(patch):
    patch.world["machines"]["app01"]["updates"] = [DOCKER]
    code, said, did = patch.run("--extra-vars={machine_owned: false}")
    assert code != 0 and did == [] and "Run this playbook with the inventory that owns them" in said
    patch.world["away"] = "pg-replica2"
    code, said, did = patch.run("--extra-vars=patch_machines=app01")
    assert code != 0 and did == [] and "pg-replica2 does not follow pg-main" in said
