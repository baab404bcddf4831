# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment's two halves: which module is told what, and that whatever fails ends red, with what was done."""

from __future__ import annotations

import json
import re
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play
from support.helpers.stubs import collection_with

# In the place of the modules, and in Ansible's own process.
STUB = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        args = self._task.args
        with open({log!r}, "a") as file:
            file.write(json.dumps(args) + "\\n")
        return json.loads({answers!r}).get(args.get("state"), {{"changed": True}})
"""
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
    "docker_host_deployment": {"kind": "deploy", "release": "2"},
    "pgbouncer_client_environment": {"DB_HOST": "", "DB_PORT": "6432", "DB_DATABASE": "", "DB_USERNAME": "", "PGSSLROOTCERT": "/ca"},
    "__docker_host_probe": {"stdout": ""},
    "_docker_host_variables": {},
    "_docker_host_pgadmin_variables": {},
    "_docker_host_definition_key": "key",
}  # fmt: skip


@pytest.fixture
def deployed(tmp_path, monkeypatch):
    """A function that runs the tasks behind the preflight: exit code, output, and what the modules were told."""
    collections = collection_with(tmp_path, {}, actions=True).parents[1]
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(collections.parent))
    role = ROOT / "roles/docker_host"
    tasks = yaml.safe_load((role / "tasks/deploy.yml").read_text())[1:]
    files = [str(role / "defaults/main.yml"), *map(str, sorted((role / "vars/main").glob("*.yml")))]
    (tmp_path / "templates").symlink_to(role / "templates")

    def run(prepared=None, done=None, *options):
        log = tmp_path / "log"
        answers = {"prepared": prepared or PREPARED, "deployed": done or DEPLOYED}
        text = STUB.format(log=str(log), answers=json.dumps(answers))
        for name in ("docker_deploy", "file_set"):
            (collections / "plannerate/infra/plugins/action" / f"{name}.py").write_text(text)
        play = {"hosts": "localhost", "vars_files": files, "tasks": tasks}
        code, said = run_play(
            tmp_path, play, "--inventory=localhost,", f"--extra-vars={json.dumps(VARIABLES)}", *options
        )
        return code, said, [json.loads(line) for line in log.read_text().splitlines()]

    return run


def test_what_is_prepared_is_put_into_place_and_shown(deployed):
    code, said, (first, files, second) = deployed()
    assert code == 0 and "room: enough" in said and "switch: seen" in said, said
    assert first["state"] == "prepared" and second["state"] == "deployed"
    assert [entry["path"] for entry in files["files"]] == [
        "/opt/stacks/production/.env", "/opt/stacks/production/docker-compose.production-r7.yml",
    ]  # fmt: skip
    assert (
        second["colour"]["containers"]["app-2"] == "shop-app-2-prod-r7"
        and second["colour"]["image"] == "shop@sha256:22"
    )
    servers = second["routes"]["http"]["services"]["production-app"]["loadBalancer"]["servers"]
    assert servers == [{"url": "http://shop-app-prod-r7:80"}, {"url": "http://shop-app-2-prod-r7:80"}]


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
