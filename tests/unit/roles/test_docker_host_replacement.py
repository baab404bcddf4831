# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While an application container is replaced, requests go to the healthy ones: in this order, beside modules that only write it down."""

from __future__ import annotations

import json
import sys

import pytest
from support.helpers.plays import run_play
from support.helpers.stubs import collection_with

# In the place of a module, and in Ansible's own process, which takes less time.
STUB = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        args = self._task.args
        assert set(args) <= {options!r}, args
        with open({log!r}, "a") as file:
            file.write({line})
        return {{"changed": True, **{answer!r}}}
"""
COMPOSE = {
    "project_src",
    "project_name",
    "pull",
    "files",
    "services",
    "dependencies",
    "recreate",
    "wait",
    "wait_timeout",
}
TRAEFIK = {"path", "container", "content", "server_timeout", "certificate_names", "certificate_timeout"}
SERVERS = "args['content']['http']['services']['production-app']['loadBalancer']['servers']"
APP, APP_2 = "http://shop-app-prod:80", "http://shop-app-2-prod:80"
BOTH = f"{APP} {APP_2}"
PLAY = {
    "hosts": "localhost",
    "tasks": [
        {
            "name": "Replace",
            "ansible.builtin.include_role": {
                "name": "plannerate.infra.docker_host", "tasks_from": "replace", "rolespec_validate": False,
            },
            "loop": "{{ steps }}",
            "loop_control": {"loop_var": "_docker_host_service"},
        }
    ],
}  # fmt: skip


@pytest.fixture
def replaced(tmp_path, monkeypatch):
    """A function that replaces them beside application containers in these states: exit code, output and the steps."""
    collections = collection_with(tmp_path, {}, actions=True).parents[1]
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(collections.parent))
    log = tmp_path / "log"

    def stub(collection, name, options, line, answer=()):
        actions = collections / collection / "plugins" / "action"
        actions.mkdir(parents=True, exist_ok=True)
        text = STUB.format(options=options, log=str(log), line=line, answer=dict(answer))
        (actions / f"{name}.py").write_text(text)

    def run(states, answer=(), steps=("redis", "app", "app-2", "queue"), outdated=()):
        line = "args['services'][0] + (' anew' if args.get('recreate') == 'always' else '') + '\\n'"
        stub("community/docker", "docker_compose_v2", COMPOSE, line, answer)
        servers = f"' '.join(server['url'] for server in {SERVERS}) + '\\n'"
        stub("plannerate/infra", "traefik_dynamic_file", TRAEFIK, servers)
        lines = [
            f"stack shop-{name}-prod running project=shop-production oneoff= definition= status=Up ({state})"
            for name, state in states.items()
        ] + [f"outdated shop-{name}-prod" for name in outdated]
        variables = {
            "ansible_python_interpreter": sys.executable,
            "docker_host_environments": {"production": {"domain": "app.test", "suffix": "prod"}},
            "docker_host_name_prefix": "shop",
            "docker_host_app_image": "shop:1",
            "docker_host_app_containers": len(states),
            "pgbouncer_client_environment": {"DB_HOST": "", "DB_PORT": "", "DB_DATABASE": "", "DB_USERNAME": "", "PGSSLROOTCERT": "/ca"},
            "_docker_host_variables": {},
            "_docker_host_pgadmin_variables": {},
            "_docker_host_definition_key": "key",
            "steps": steps,
            "__docker_host_probe": {"stdout": "\n".join(lines)},
        }  # fmt: skip
        code, said = run_play(tmp_path, PLAY, "--inventory=localhost,", f"--extra-vars={json.dumps(variables)}")
        return code, said, log.read_text().splitlines() if log.exists() else []

    return run


def test_each_while_the_other_one_serves(replaced):
    code, said, steps = replaced({"app": "healthy", "app-2": "healthy"})
    assert code == 0, said
    # Both again before what comes later, which may fail.
    assert steps == ["redis", APP_2, "app", APP, "app-2", BOTH, "queue"]


def test_nothing_is_sent_to_one_that_is_not_healthy_until_it_was_replaced(replaced):
    code, said, steps = replaced({"app": "unhealthy", "app-2": "healthy"})
    assert code == 0, said
    assert steps == ["redis", APP_2, "app", APP, "app-2", BOTH, "queue"]
    code, said, steps = replaced(
        {"app": "unhealthy", "app-2": "healthy"}, {"msg": "app is unhealthy"}, ["app", "app-2"]
    )
    assert code != 0 and steps[-2:] == [APP_2, "app"], "the last healthy one goes on"


def test_the_first_that_is_not_healthy_ends_the_run(replaced):
    """The others still run with what they had."""
    code, said, steps = replaced({"app": "healthy"}, {"msg": "container shop-redis-prod is unhealthy"})
    assert code != 0 and "did not become healthy" in said, said
    assert steps == ["redis"]


def test_one_whose_file_of_authorities_was_replaced_is_made_anew(replaced):
    """Compose would leave it as it is."""
    code, said, steps = replaced({"app": "healthy"}, steps=["redis", "app", "queue"], outdated=["app", "queue"])
    assert code == 0, said
    assert steps == ["redis", "app anew", "queue anew"]
