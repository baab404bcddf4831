# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks that show the cluster show it also where nobody can say who the primary is, and fail afterwards."""

from __future__ import annotations

import json

import pytest
from support.helpers.plays import run_play

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
        (tmp_path / "hosts.json").write_text(json.dumps(HOSTS))
        play = {"hosts": "postgres", "vars": facts, "tasks": [task]}
        return run_play(tmp_path, play, f"--inventory={tmp_path}/hosts.json")

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


def test_a_primary_that_cannot_be_asked_how_far_the_others_are_is_said(show):
    """No server listens here: the table comes, and the run does not pass for a good one."""
    topology = {
        "primary": "pg-main",
        "first_run": False,
        "roles": {"pg-main": "primary", "pg-replica1": "standby"},
        "following": {"pg-replica1": {"follows": False, "verdict": "unknown", "reason": "nobody said"}},
        "errors": [],
        "warnings": [],
    }
    running = {"state": "running", "timeline": 1, "slots": []}
    answers = {"pg-main": {**running, "role": "primary"}, "pg-replica1": {**running, "role": "standby"}}
    code, said = show(topology, answers)
    assert code != 0 and "primary  running" in said, said
    assert "It is not known how far the standbys are behind" in said, said
