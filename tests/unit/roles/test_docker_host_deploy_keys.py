# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment key gets in for one command; a release that it deploys has what a run of Ansible gives it; without keys nobody gets in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import order, template

SECRETS = {
    "POSTGRES_SHOP_PASSWORD": "a", "STAGING_REDIS_PASSWORD": "b", "STAGING_PGADMIN_PASSWORD": "c",
    "STAGING_REVERB_APP_SECRET": "d", "STAGING_DEFINITION_KEY": "e",
}  # fmt: skip
KEYS = ["ssh-ed25519 " + "A" * 68 + " github", "ssh-ed25519 " + "B" * 68]
INVENTORY = {
    "role_path": str(ROOT / "roles/docker_host"),
    "docker_host_environment": "staging",
    "docker_host_environments": {"staging": {"domain": "dev.test"}},
    "docker_host_name_prefix": "shop",
    "docker_host_base_directory": "/srv",
    "docker_host_app_image": "registry.test:5000/shop:1",
    "docker_host_app_containers": 2,
    "docker_host_pgadmin_email": "team@shop.test",
    "docker_host_deploy_keys": KEYS,
    "docker_host_deploy_key_options": {"watch_seconds": 5},
    "pgbouncer_client_environment": {
        "DB_HOST": "db01", "DB_PORT": "6432", "DB_DATABASE": "shop", "DB_USERNAME": "shop", "PGSSLROOTCERT": "/ca.crt",
    },
    "machine_credentials": {"secrets": SECRETS},
    "__docker_host_probe": {"stdout": ""},
}  # fmt: skip
IMAGE = "registry.test:5000/shop@sha256:" + "7" * 64
MADE = {"name": "r7", "release": "1.4.2", "image": IMAGE, "known": None, "apps": []}
ONE_APP = {**MADE, "name": "r6", "apps": ["shop-app-staging-r6"]}
FIRST = {**MADE, "name": "", "apps": ["shop-app-staging"]}
HOME = "/usr/local/lib/plannerate-deploy/staging"


def text(name, release=None):
    own = f"{{'_docker_host_release': {release}}}" if release else "{}"
    return f"lookup('ansible.builtin.template', '{name}', template_vars={own})"


COMPOSE = (
    "lookup('ansible.builtin.template', 'stack/docker-compose.yml.j2', template_vars={'_docker_host_part': 'release'})"
)
# As tasks/deploy.yml.
SERVING = "{{ _docker_host_release.apps or _docker_host_apps | map('extract', _docker_host_names) }}"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    asked = {
        "settings": (text("deploy_keys/deploy.json.j2", "_docker_host_key_release"), {}),
        "sudoers": (text("deploy_keys/sudoers.j2"), {}),
        "login": (text("deploy_keys/authorized_keys.j2"), {}),
        "script": (text("deploy_keys/deploy.sh.j2"), {}),
        "files": ("_docker_host_key_files", {}),
        "backup": (
            text("deploy_keys/deploy.json.j2", "_docker_host_key_release"),
            {"docker_host_backup_before_migration": "false"},
        ),
        "without": ("_docker_host_key_files", {"docker_host_deploy_keys": []}),
    }
    for name, release in (("made", MADE), ("one app", ONE_APP), ("first", FIRST)):
        own = {"_docker_host_release": release, "_docker_host_serving": SERVING}
        asked[name] = ("{'colour': _docker_host_deploy_colour, 'routes': _docker_host_routes}", own)
    asked["compose"] = (COMPOSE, {"_docker_host_release": MADE})
    rows = [(expression, {**INVENTORY, **own}) for expression, own in asked.values()]
    values = values_of_role(tmp_path_factory.mktemp("play"), "docker_host", *rows)
    answers = dict(zip(asked, values, strict=True))
    return {**answers, "settings": json.loads(answers["settings"])}


@pytest.mark.parametrize(("name", "target"), [("made", MADE), ("one app", ONE_APP), ("first", FIRST)])
def test_what_is_filled_in_is_what_ansible_would_have_written(found, name, target):
    filled = template.filled(found["settings"]["template"], target)
    assert {"colour": filled.colour, "routes": filled.routes} == found[name]


def test_its_containers_are_those_that_the_next_converge_leaves_alone(found):
    compose = template.filled(found["settings"]["template"], MADE).compose
    assert compose == found["compose"] and len(set(re.findall(r"definition: \"(\S+)\"", compose))) == 5
    assert template.NAME not in compose and template.IMAGE not in compose


def test_options_are_those_of_the_playbooks_and_the_inventorys(found):
    options = found["settings"]["options"]
    assert options["deploy"]["watch_seconds"] == options["rollback"]["watch_seconds"] == 5
    assert options["rollback"]["health_times"] == 2
    assert options["deploy"]["log_lines"] == 0, "what a container wrote stays on its machine"


def test_a_backup_that_is_given_as_a_text_is_none(found):
    """As from the command line."""
    assert json.loads(found["backup"])["backup"] is False


def test_each_key_is_for_one_command_and_may_nothing_else(found):
    lines = [line for line in found["login"].splitlines() if not line.startswith("#")]
    forced = f'restrict,command="sudo -n {HOME}/deploy </dev/null" '
    assert lines == [forced + key for key in KEYS]


def test_sudo_allows_that_command_without_arguments_and_keeps_what_was_asked_for(found):
    defaults, rule = (line for line in found["sudoers"].splitlines() if not line.startswith("#"))
    assert rule == f'deploy-key-staging ALL = (root) NOPASSWD: {HOME}/deploy ""'
    assert 'env_keep += "SSH_ORIGINAL_COMMAND SSH_CONNECTION"' in defaults and "!setenv" in defaults
    by_path = {entry["path"]: entry for entry in found["files"]}
    assert by_path["/etc/sudoers.d/deploy-key-staging"]["validate"].startswith("visudo --check")
    assert by_path["/srv/staging/deploy.json"]["mode"] == "0600"


def test_without_keys_what_lets_them_in_goes(found):
    assert {entry["path"] for entry in found["without"] if entry["absent"]} == {
        f"{HOME}/.ssh/authorized_keys", "/etc/sudoers.d/deploy-key-staging", "/srv/staging/deploy.json",
    }  # fmt: skip


def test_what_it_says_is_written_in_utf_8(found):
    script = re.sub("(?m)^exec .*", "exec printenv LC_ALL", found["script"])
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "C.UTF-8\n"


def test_what_is_installed_runs_without_the_collection(found, tmp_path):
    """As sudo starts it, with what the play copies, and where Debian's package of Ansible has collections of its own."""
    other = tmp_path / "dist-packages"
    (other / "ansible_collections").mkdir(parents=True)
    (other / "ansible_collections/__init__.py").write_text("")
    for entry in found["files"]:
        path = tmp_path / entry["path"].removeprefix(f"{HOME}/")
        if entry.get("src") or "content" in entry:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(Path(entry["src"]).read_bytes() if entry.get("src") else entry["content"].encode())
    settings = tmp_path / "deploy.json"
    settings.write_text('{"environment": "staging"}')
    script = found["script"].replace(HOME, str(tmp_path)).replace("/srv/staging/deploy.json", str(settings))
    script = script.replace("/usr/bin/python3", sys.executable)
    script = script.replace(f"PYTHONPATH={tmp_path}", f"PYTHONPATH={tmp_path}:{other}")
    given = {"PATH": os.environ["PATH"], "SSH_ORIGINAL_COMMAND": "deploy $(id)"}
    done = subprocess.run(["sh", "-c", script], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == f"Found 'deploy $(id)', expected {order.USAGE}. Nothing was changed\n"
