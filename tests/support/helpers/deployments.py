# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Staging's application in the lab: deployed, rolled back, and asked what serves. 1.1.0 brings a migration, which 1.0.0 works with."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from support.helpers.edge import Stacks, Visitor
from support.helpers.lab import playbook

DOMAIN = "dev.test"
# The key of its websockets is the environment's name.
KEY = "staging"
DATABASE = "plannerate_staging"
MIGRATION = "2026_11_27_000000_create_notes"
FORGET = f"DROP TABLE IF EXISTS notes; DELETE FROM migrations WHERE migration = '{MIGRATION}'"
RELEASES = "/var/lib/plannerate/releases/staging"
SCHEDULERS = "docker ps --format '{{.Names}}' | grep -c '^plannerate-scheduler-staging'"
PRODUCTION = "docker inspect --format '{{.Id}} {{.State.StartedAt}}' plannerate-app-prod"


def deploy(release: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    return playbook("deploy", inventory="staging", variables={"deploy_release": release, **variables})


def roll_back(**variables: Any) -> subprocess.CompletedProcess[str]:
    return playbook("rollback", inventory="staging", variables=variables or None)


def state(stacks: Stacks) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stacks.machine.check_output(f"cat {RELEASES}/state.json"))
    return found


def step(stacks: Stacks) -> str:
    """Of the deployment that is under way; empty without one."""
    return str((state(stacks)["operation"] or {}).get("step", ""))


def history(stacks: Stacks) -> list[dict[str, Any]]:
    lines = stacks.machine.check_output(f"cat {RELEASES}/history.jsonl").splitlines()
    return [json.loads(line) for line in lines if line]


def release(visitor: Visitor) -> str:
    return visitor.ask(f"https://{DOMAIN}/").headers["x-release"]


def forget_all(stacks: Stacks) -> None:
    """As a converge made it, with no release deployed: what other tests know."""
    stacks.machine.check_output(
        "docker ps --all --quiet --filter label=infra.release=staging | xargs --no-run-if-empty docker rm --force"
    )
    stacks.machine.check_output(f"rm -rf {RELEASES} /opt/plannerate/staging/docker-compose.staging-r*.yml")
    done = playbook("docker_host", inventory="staging")
    assert done.returncode == 0, done.stdout
