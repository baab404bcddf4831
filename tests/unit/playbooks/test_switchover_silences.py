# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switchover silences the alerts that it causes, and none of what writers would notice."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play
from support.helpers.stubs import collection_with

TASKS = ROOT / "playbooks/tasks/silence.yml"
# In the place of the module, and in Ansible's own process.
STUB = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        with open({log!r}, "a") as file:
            file.write(json.dumps(self._task.args) + "\\n")
        return {{"changed": True}}
"""
HERE = {"ansible_connection": "local"}
MEMBERS = ("pg-main", "pg-replica1", "pg.2")


@pytest.fixture
def silenced(tmp_path, monkeypatch):
    """A function that includes the tasks; what Alertmanager was told, nothing where it was not."""
    log = tmp_path / "log"
    collections = collection_with(tmp_path, {"alertmanager_silences": STUB.format(log=str(log))}, actions=True).parents[
        2
    ]
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(collections))

    def silenced(*options, monitoring=True):
        groups = {"postgres": MEMBERS, **({"monitoring": ["app01"]} if monitoring else {})}
        (tmp_path / "hosts.yml").write_text(
            json.dumps({group: {"hosts": dict.fromkeys(hosts, HERE)} for group, hosts in groups.items()})
        )
        task = {"include_tasks": str(TASKS), "vars": {"silence_target": "pg-replica1"}}
        code, said = run_play(
            tmp_path, {"hosts": "postgres", "tasks": [task]}, f"--inventory={tmp_path / 'hosts.yml'}", *options
        )
        assert code == 0, said
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return silenced


def test_what_the_members_notice_is_silenced_and_what_writers_notice_is_not(silenced):
    ((told),) = silenced()
    assert told["seconds"] == 900
    alerts = {
        rule["alert"]
        for path in (ROOT / "roles/monitoring/files/rules").glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    members, down = [{each["name"]: each["value"] for each in silence} for silence in told["silences"]]
    assert {name for name in alerts if re.fullmatch(members["alertname"], name)} == {
        "PostgresReplicaMissing", "PostgresReplicaDiverged", "PostgresReplicationLagBytes", "PostgresReplicationLagSlot",
        "PostgresReplicationLagSeconds", "PostgresFatal", "LaravelErrors",
    }  # fmt: skip
    assert down["alertname"] == "PostgresDown" and "PostgresDown" in alerts
    assert [name for name in (*MEMBERS, "pgx2") if re.fullmatch(down["member"], name)] == ["pg-main", "pg.2"], (
        "not the target, which is to be the primary"
    )


def test_nobody_is_told_in_check_mode_or_without_monitoring(silenced):
    assert silenced("--check") == [] == silenced(monitoring=False)


def test_the_playbook_silences_before_it_changes_anything_and_ends_that_whatever_happens():
    plays = yaml.safe_load((ROOT / "playbooks/switchover.yml").read_text())
    (change,) = [play["tasks"][0] for play in plays if play["name"] == "Switchover"]
    before, after = change["block"][0], change["rescue"][0]
    assert before["ansible.builtin.include_tasks"] == after["ansible.builtin.include_tasks"] == "tasks/silence.yml"
    assert "silence_seconds" not in before["vars"] and after["vars"]["silence_seconds"] == 60
    names = [play["name"] for play in plays]
    assert names.index("Rejoin members that do not follow") < names.index("Let the silences end in a minute")
