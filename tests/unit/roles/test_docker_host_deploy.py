# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment's two halves: which module is told what, and that whatever fails ends red, with what was done."""

from __future__ import annotations

import json
import os
import re
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play
from support.helpers.stubs import collection_with

RULES = ROOT / "roles/monitoring/files/rules"
# In the place of the modules, and in Ansible's own process.
STUB = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        args = self._task.args
        with open({log!r}, "a") as file:
            file.write(json.dumps(args) + "\\n")
        # As the module ends what is refused.
        refusal = args.get("refusal")
        refused = refusal and {{"failed": True, "gate": refusal["gate"], "msg": "gate %(gate)s: %(reason)s" % refusal}}
        return refused or json.loads({answers!r}).get(args.get("state", self._task.action.rpartition(".")[2]), {{"changed": True}})
"""
# What is looked at before, each of which takes its time; here it is only told that it was.
LOOKS = ("preflight", "inventory")
TARGET = {"name": "r7", "release": "2", "image": "shop@sha256:22", "known": None, "apps": []}
KEPT = {**TARGET, "name": "r6", "apps": ["shop-app-prod-r6"]}
PREPARED = {"target": TARGET, "lines": ["room: enough"]}
DEPLOYED = {"changed": True, "done": True, "lines": ["switch: seen"]}
VARIABLES = {
    "ansible_python_interpreter": sys.executable,
    "docker_host_environments": {"production": {"domain": "app.test", "suffix": "prod"}},
    "docker_host_name_prefix": "shop",
    "docker_host_app_image": "shop:1",
    "docker_host_app_containers": 2,
    "docker_host_deployment": {"kind": "deploy", "release": "2", "migrate_seconds": 600},
    "pgbouncer_client_environment": {"DB_HOST": "", "DB_PORT": "6432", "DB_DATABASE": "", "DB_USERNAME": "", "PGSSLROOTCERT": "/ca"},
    "__docker_host_probe": {"stdout": ""},
    "_docker_host_variables": {},
    "_docker_host_pgadmin_variables": {},
    "_docker_host_definition_key": "key",
}  # fmt: skip


@pytest.fixture
def deployed(tmp_path, monkeypatch):
    """A function that runs the tasks: exit code, output, and what the modules were told."""
    collections = collection_with(tmp_path, {}, actions=True).parents[1]
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(collections.parent))
    role = ROOT / "roles/docker_host"
    tasks = yaml.safe_load((role / "tasks/deploy.yml").read_text())
    files = [str(role / "defaults/main.yml"), *map(str, sorted((role / "vars/main").glob("*.yml")))]
    (tmp_path / "templates").symlink_to(role / "templates")
    for name in ("silence.yml", "backup.yml", "refuse.yml"):
        (tmp_path / name).symlink_to(role / "tasks" / name)
    for name in LOOKS:
        (tmp_path / f"{name}.yml").write_text(json.dumps([{"plannerate.infra.docker_deploy": {"state": name}}]))
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    def run(prepared=None, done=None, *options, planned=(), answers=None):
        log = tmp_path / "log"
        log.write_text("")
        answers = {
            "prepared": prepared or PREPARED,
            "deployed": done or DEPLOYED,
            "planned": {"migrations": [*planned]},
            **(answers or {}),
        }
        text = STUB.format(log=str(log), answers=json.dumps(answers))
        for name in ("docker_deploy", "file_set", "alertmanager_silences"):
            (collections / "plannerate/infra/plugins/action" / f"{name}.py").write_text(text)
        play = {"hosts": "localhost", "vars_files": files, "tasks": tasks}
        inventory = tmp_path / "hosts.yml"
        groups = ("monitoring", "s3_backups") if (tmp_path / "bin/plannerate-backup").exists() else ("monitoring",)
        hosts = {"hosts": {"localhost": {"ansible_connection": "local"}}}
        inventory.write_text(json.dumps(dict.fromkeys(groups, hosts)))
        code, said = run_play(
            tmp_path, play, f"--inventory={inventory}", f"--extra-vars={json.dumps(VARIABLES)}", *options
        )
        found = [json.loads(line) for line in log.read_text().splitlines()]
        run.looked = [each["state"] for each in found if each.get("state") in LOOKS]
        first, *told, last = [each for each in found if each.get("state") not in LOOKS]
        # Whatever happens between them.
        assert last == {**first, "seconds": 60}
        run.silences, run.seconds = first["silences"], first["seconds"]
        return code, said, told

    return run


def test_what_is_prepared_is_put_into_place_and_shown(deployed):
    code, said, (first, files, second) = deployed()
    assert code == 0 and "room: enough" in said and "switch: seen" in said, said
    assert first["state"] == "prepared" and second["state"] == "deployed"
    assert second["request"] == {**VARIABLES["docker_host_deployment"], "websocket_seconds": 60}
    assert [entry["path"] for entry in files["files"]] == [
        "/opt/stacks/production/.env", "/opt/stacks/production/docker-compose.production-r7.yml",
    ]  # fmt: skip
    assert (
        second["colour"]["containers"]["app-2"] == "shop-app-2-prod-r7"
        and second["colour"]["image"] == "shop@sha256:22"
    )
    servers = second["routes"]["http"]["services"]["production-app"]["loadBalancer"]["servers"]
    assert servers == [{"url": "http://shop-app-prod-r7:80"}, {"url": "http://shop-app-2-prod-r7:80"}]
    routers = second["routes"]["http"]["routers"]
    assert "production-logins" in routers["production-login"]["middlewares"], (
        "a client is limited as a converge does it"
    )


def test_only_its_own_alerts_are_silenced(deployed):
    deployed()
    assert deployed.seconds == 2370 + 600, "600 s are the migration's"
    rules = [
        rule
        for path in RULES.glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
    names = {rule["alert"]: rule["expr"] for rule in rules if "alert" in rule}
    for silence in deployed.silences:
        matchers = {each["name"]: each["value"] for each in silence}
        alerts = [name for name in names if re.fullmatch(matchers["alertname"], name)]
        assert alerts and "DeploymentRolledBack" not in alerts and matchers["machine"] == "localhost"
        ours = [name for name in alerts if re.match("container_|.*node_memory_", names[name])]
        assert ours == alerts and ("environment" in matchers) == names[alerts[0]].startswith("container_")


FIRST = '--extra-vars={"docker_host_backup_before_migration": true}'


@pytest.fixture
def backups(tmp_path):
    """A function that puts a program in the place of plannerate-backup; gives what it was called with."""

    def make(ends=0):
        program = tmp_path / "bin/plannerate-backup"
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/backups\necho the store is full >&2\nexit {ends}\n')
        program.chmod(0o755)
        return lambda: (tmp_path / "backups").read_text().splitlines() if (tmp_path / "backups").exists() else []

    return make


def test_a_backup_comes_before_migrations_and_only_before_these(deployed, backups):
    made = backups()
    code, said, told = deployed(None, None, FIRST)
    assert code == 0 and made() == [], said
    code, said, told = deployed(None, None, FIRST, planned=["add_notes"])
    assert code == 0 and made() == ["run production --reason=before the migrations of 2 --wait=3600"], said
    states = [each.get("state", "") for each in told]
    assert states == ["prepared", "", "planned", "", "", "deployed"], (
        "files before, its lock by them again and silences behind it"
    )
    deployed(
        {**PREPARED, "target": KEPT}, None, FIRST, '-e{"docker_host_deployment": {"kind": "rollback"}}', planned=["x"]
    )
    assert len(made()) == 1


def test_without_a_backup_nothing_is_migrated_and_the_history_is_told_so(deployed, backups):
    code, said, told = deployed(None, None, FIRST, planned=["add_notes"])
    assert code != 0 and "gate backup: the group s3_backups has no host" in said and "has add_notes" in said, said
    assert (told[-1]["state"], told[-1]["refusal"]["gate"]) == ("refused", "backup")
    assert told[-1]["colour"]["image"] == TARGET["image"]
    made = backups(ends=4)
    code, said, told = deployed(None, None, FIRST, planned=["add_notes"])
    assert code != 0 and "gate backup: localhost: the store is full" in said, said
    assert len(made()) == 1 and [each["state"] for each in told if "refusal" in each] == ["refused"] == [
        told[-1]["state"]
    ]


def test_what_fails_before_the_new_release_begins_is_in_the_history_once(deployed):
    code, said, told = deployed(answers={"file_set": {"failed": True, "msg": "No space left on device"}})
    assert code != 0 and told[-1]["refusal"] == {"gate": "files", "reason": "No space left on device"}, said
    failed = {"failed": True, "gate": "migrate", "msg": "gate migrate: it tells nothing"}
    code, said, told = deployed(None, None, FIRST, answers={"planned": failed})
    assert code != 0 and told[-1]["state"] == "planned", "the module wrote that down itself"
    assert "gate migrate: it tells nothing" in said


def test_who_goes_back_to_what_is_kept_waits_for_no_look_at_the_machine(deployed):
    """Until the switch, visitors have the bad release."""
    back = '-e{"docker_host_deployment": {"kind": "rollback"}}'
    deployed({**PREPARED, "target": KEPT}, None, back)
    assert deployed.looked == ["inventory"]
    code, said, told = deployed(None, None, back)
    assert code == 0 and deployed.looked == ["inventory", "preflight"], said
    assert [each.get("state", "") for each in told] == ["prepared", "", "deployed"]
    deployed()
    assert deployed.looked == ["preflight"]


def test_what_is_kept_is_not_made_and_its_own_containers_are_served(deployed):
    """It has one application container, whatever the inventory says by now."""
    code, said, (_first, second) = deployed({**PREPARED, "target": KEPT})
    assert code == 0, said
    servers = second["routes"]["http"]["services"]["production-app"]["loadBalancer"]["servers"]
    assert servers == [{"url": "http://shop-app-prod-r6:80"}]


@pytest.mark.parametrize(
    ("prepared", "done", "calls"),
    [
        ({"failed": True, "msg": "gate disk: full", "lines": ["room: none"]}, DEPLOYED, 1),
        ({"failed": True, "msg": "MODULE FAILURE: gate disk: full, room: none"}, DEPLOYED, 1),
        (PREPARED, {"failed": True, "msg": "gate disk: full", "lines": ["room: none"]}, 3),
        (PREPARED, {"msg": "gate disk: full", "lines": ["room: none"]}, 3),
    ],
    ids=["refused", "broken", "went back", "said nothing"],
)
def test_whatever_fails_ends_red_with_what_was_done(deployed, prepared, done, calls):
    code, said, told = deployed(prepared, done)
    assert code != 0 and re.search(r"failed at (MODULE FAILURE: )?gate disk: full", said), said
    assert "room: none" in said and len(told) == calls


def test_check_mode_looks_and_puts_nothing_into_place(deployed):
    code, said, told = deployed(PREPARED, DEPLOYED, "--check")
    assert code == 0 and [each["state"] for each in told] == ["prepared"], said
