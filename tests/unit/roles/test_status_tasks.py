# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that show the cluster show it also where nobody can say who the primary is, and fail afterwards."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from support.helpers.checkout import ROOT

NAMES = ("pg-main", "pg-replica1")
MEMBERS = {name: {"postgres_machine": "db01", "postgres_port": 5432 + number} for number, name in enumerate(NAMES)}
HOSTS = {
    "all": {
        "children": {
            "machines": {"hosts": {"db01": {"ansible_host": "198.18.0.2"}}},
            "postgres_primary": {"hosts": {"pg-main": {}}},
            "postgres": {"hosts": MEMBERS},
        }
    }
}


@pytest.fixture
def show(tmp_path):
    """A function that runs the tasks beside a decision: exit code and output."""

    def run(topology, answers):
        facts = {
            "postgres_version": 15,
            "postgres_topology": topology,
            "postgres_answers": answers,
            "postgres_adoption": {"errors": [], "members": []},
            "__postgres_discovery": {"results": []},
        }
        role = {"name": "plannerate.infra.postgres", "tasks_from": "status", "rolespec_validate": False}
        task = {"name": "Show", "ansible.builtin.include_role": role, "run_once": True}
        play = {"hosts": "postgres", "connection": "local", "gather_facts": False, "vars": facts, "tasks": [task]}
        (tmp_path / "play.yml").write_text(json.dumps([play]))
        (tmp_path / "hosts.json").write_text(json.dumps(HOSTS))
        done = subprocess.run(
            ["ansible-playbook", f"--inventory={tmp_path}/hosts.json", str(tmp_path / "play.yml")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_two_that_take_writes_are_shown_and_said(show):
    topology = {
        "primary": None,
        "first_run": False,
        "roles": dict.fromkeys(NAMES, "standby"),
        "following": {},
        "errors": ["2 members take writes"],
        "warnings": [],
    }
    writable = {"state": "running", "role": "primary", "timeline": 2, "slots": []}
    code, said = show(topology, dict.fromkeys(NAMES, writable))
    assert code != 0 and "2 members take writes" in said, said
    assert said.index("MEMBER") < said.index("Say what is wrong")
    assert said.count("primary  running") == 2, said
