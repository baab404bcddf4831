# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container has the file of trusted authorities that it began with; one whose file was replaced on the machine is told, and replaced."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import changed
from support.helpers.plays import run_play, values_of_role

FILE = "/etc/ssl/machine/ca.crt"
# What the kernel says of the mounts of a container, by the number of its process.
MOUNTS = {
    11: f"1559 1482 254:0 /etc/ssl/machine/ca.crt//deleted {FILE} rw,relatime - ext4 /dev/vda rw",
    12: f"1559 1482 254:0 /etc/ssl/machine/ca.crt {FILE} rw,relatime - ext4 /dev/vda rw",
    # Another file of its own.
    13: "1559 1482 254:0 /tmp/x//deleted /var/www/x rw,relatime - ext4 /dev/vda rw",
}
NAMES = {11: "shop-app-prod", 12: "shop-queue-prod", 13: "shop-redis-prod"}
DOCKER = """#!/bin/sh
case $1 in
  ps) printf '%s\\n' {numbers} ;;
  inspect) printf '%s\\n' {lines} ;;
esac
"""
VARIABLES = {
    "docker_host_app_image": "shop:1",
    "docker_host_name_prefix": "shop",
    "docker_host_environment": "production",
    "docker_host_environments": {"production": {"domain": "app.test", "suffix": "prod"}},
}


def test_by_its_mounts(tmp_path):
    (script,) = values_of_role(
        tmp_path, "docker_host", ("lookup('ansible.builtin.template', 'probe.sh.j2')", VARIABLES)
    )
    asked = script[script.index("docker ps --quiet") : script.index("ss --listening")]
    for number, line in MOUNTS.items():
        (tmp_path / "proc" / str(number)).mkdir(parents=True)
        (tmp_path / "proc" / str(number) / "mountinfo").write_text(f"{line}\n")
    lines = " ".join(f"'{number} /{name}'" for number, name in NAMES.items())
    (tmp_path / "docker").write_text(DOCKER.format(numbers=" ".join(map(str, NAMES)), lines=lines))
    (tmp_path / "docker").chmod(0o700)
    done = subprocess.run(
        ["/bin/sh", "-c", asked.replace('"/proc/', f'"{tmp_path}/proc/')],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stdout.split("\n") == ["outdated shop-app-prod", ""], done.stderr


@pytest.mark.parametrize(("works", "said"), [("true", ["engine answers"]), ("false", [])])
def test_that_nobody_told_of_any_is_known(tmp_path, works, said):
    """An engine that does not answer has none that is told, and might have some."""
    (script,) = values_of_role(
        tmp_path, "docker_host", ("lookup('ansible.builtin.template', 'probe.sh.j2')", VARIABLES)
    )
    (tmp_path / "docker").write_text(f"#!/bin/sh\n{works}\n")
    (tmp_path / "docker").chmod(0o700)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["/bin/sh", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith(("engine", "outdated"))] == said


def test_it_is_listed_and_replaced(tmp_path):
    names = {"app": "shop-app-prod", "queue": "shop-queue-prod"}
    (outdated,) = values_of_role(
        tmp_path,
        "docker_host",
        (
            "_docker_host_outdated",
            {
                **VARIABLES,
                "_docker_host_names": names,
                "__docker_host_probe": {"stdout": "outdated shop-app-prod\noutdated other"},
            },
        ),
    )
    assert outdated == ["app"]


@pytest.mark.parametrize(("probe", "count"), [("outdated shop-app-prod", 1), ("outdated other", 0)])
def test_check_mode_counts_it(tmp_path, probe, count):
    """No file of the stack changes, which would."""
    role = ROOT / "roles/docker_host"
    tasks = yaml.safe_load((role / "tasks/stack.yml").read_text())
    (listing,) = (task for task in tasks if "plannerate.infra.restart_list" in task)
    listing["vars"] = {
        **VARIABLES,
        "_docker_host_names": {"app": "shop-app-prod"},
        "_docker_host_plan": {"rows": [{"name": "shop-app-prod", "kind": "app", "why": "something changed"}]},
        "__docker_host_probe": {"stdout": probe},
    }
    files = [str(role / "defaults/main.yml"), *map(str, sorted((role / "vars").rglob("*.yml")))]
    play = {"hosts": "localhost", "vars_files": files, "tasks": [listing]}
    code, said = run_play(tmp_path, play, "--inventory=localhost,", "--check")
    assert code == 0 and changed(said) == count, said
