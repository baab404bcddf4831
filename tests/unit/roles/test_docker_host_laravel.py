# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Laravel needs of its stack: folders, a name that it answers, time to end, and a way for its events."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from support.helpers.plays import values_of_role

FOLDERS = ("app", "framework", "framework/cache", "framework/sessions", "framework/views", "logs")
STACK = "lookup('ansible.builtin.template', 'stack/docker-compose.yml.j2') | from_yaml"
PROBE = "lookup('ansible.builtin.template', 'probe.sh.j2')"
ROUTES = "_docker_host_routes.http"
FILES = "_docker_host_stack_files"
OWN = {"docker_host_services": {"queue": {"stop_grace_period": "10m"}, "app": {"stop_signal": "SIGTERM"}}}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Directory of the stacks, in which production's storage has what an application made."""
    base = tmp_path_factory.mktemp("stacks")
    (base / "production/storage/framework").mkdir(parents=True)
    # Whatever it is: it is not root's to follow or to change. Its target may be in the container alone.
    (base / "production/storage/logs").symlink_to("/only/in/the/container")
    (base / "bin").mkdir()
    (base / "bin/stat").symlink_to(shutil.which("stat") or "")
    return base


@pytest.fixture(scope="module")
def answers(base, tmp_path_factory):
    inventory = {
        "docker_host_environments": {"production": {"domain": "app.test", "suffix": "prod"}},
        "docker_host_name_prefix": "shop",
        "docker_host_app_image": "shop:1",
        "docker_host_base_directory": str(base),
        "docker_host_app_uid": 82,
        "pgbouncer_client_environment": dict.fromkeys(
            ("DB_HOST", "DB_PORT", "DB_DATABASE", "DB_USERNAME", "PGSSLROOTCERT"), "x"
        ),
        "_docker_host_variables": {},
        "_docker_host_pgadmin_variables": {},
        "_docker_host_definition_key": "key",
        "__docker_host_probe": {"stdout": f"missing {base}/production/storage/app"},
    }
    asked = (
        (STACK, {}),
        (STACK, OWN),
        (PROBE, {"docker_host_app_uid": os.getuid()}),
        (PROBE, {}),
        (ROUTES, {}),
        (FILES, {}),
    )
    found = values_of_role(
        tmp_path_factory.mktemp("play"), "docker_host", *((name, {**inventory, **own}) for name, own in asked)
    )
    return dict(zip(("stack", "own stack", "probe", "probe of another", "routes", "files"), found, strict=True))


def told(probe, base):
    # Without other programs: nothing else of this machine is asked.
    command = ["/bin/sh", "-c", probe]
    said = subprocess.run(command, env={"PATH": f"{base}/bin"}, capture_output=True, text=True, check=False).stdout
    return [line.split("/storage/")[1] for line in said.splitlines() if line.startswith(f"missing {base}")]


def test_each_folder_that_is_missing_is_told_and_what_is_there_is_not(answers, base):
    """Under the mount, the image's own folders are hidden: without framework/views no page is ever shown."""
    assert told(answers["probe"], base) == [name for name in FOLDERS if name not in ("framework", "logs")]


def test_nothing_is_made_in_a_folder_of_somebody_else(answers, base):
    """Whoever made it says whose its folders are, and a run that could not make them would end there."""
    assert told(answers["probe of another"], base) == ["app"]


def test_they_are_made_for_the_user_of_the_image(answers, base):
    storage = f"{base}/production/storage"
    found = {entry["path"]: entry for entry in answers["files"] if entry["path"].startswith(storage)}
    assert list(found) == [storage, f"{storage}/app"], "those that are there stay as they are"
    assert {(entry["owner"], entry["group"], entry["directory"]) for entry in found.values()} == {("82", "82", True)}


def test_health_is_asked_by_the_application_s_own_name(answers):
    """One with trusted hosts answers no address."""
    assert "--header 'Host: app.test'" in answers["stack"]["services"]["app"]["healthcheck"]["test"][1]
    check = answers["routes"]["services"]["production-app"]["loadBalancer"]["healthCheck"]
    assert (check["path"], check["hostname"]) == ("/up", "app.test")


def test_each_container_is_asked_to_end_by_its_own_signal_and_has_the_time_for_it(answers):
    def ends(stack):
        return {
            name: (service.get("stop_signal"), service.get("stop_grace_period"))
            for name, service in stack["services"].items()
        }

    usual = {
        "app": ("SIGQUIT", "30s"),
        "reverb": ("SIGTERM", "10s"),
        "queue": ("SIGTERM", "90s"),
        "scheduler": ("SIGTERM", "90s"),
        "redis": (None, None),
        "pgadmin": (None, None),
    }
    assert ends(answers["stack"]) == usual
    assert ends(answers["own stack"]) == {**usual, "queue": ("SIGTERM", "10m"), "app": ("SIGTERM", "30s")}


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("/apps/production/events", True),
        ("/apps/production/batch_events", True),
        ("/apps/production", False),
        ("/apps/production/events/1", False),
        ("/x/apps/production/events", False),
    ],
)
def test_events_go_to_reverb_and_pages_of_a_similar_name_do_not(answers, path, goes):
    router = answers["routes"]["routers"]["production-events"]
    assert router["service"] == "production-reverb" and "Method(`POST`)" in router["rule"]
    (pattern,) = re.findall(r"PathRegexp\(`([^`]+)`\)", router["rule"])
    assert bool(re.search(pattern, path)) is goes
