# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first converge that is killed, again and again and each time later, ends in a healthy cluster."""

from __future__ import annotations

import subprocess

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import Cluster, changed, playbook
from support.helpers.processes import end_at_once

INVENTORY = ROOT / "molecule" / "postgres_replica" / "inventory" / "production"
STEP_SECONDS = 3
LONGEST_SECONDS = 300


def molecule(command):
    subprocess.run([ROOT / "scripts" / "molecule", "postgres_replica", command], check=True, timeout=600)


@pytest.fixture(scope="module")
def machines():
    molecule("destroy")
    molecule("create")
    done = playbook("machines", inventory=INVENTORY)
    assert done.returncode == 0, done.stdout
    yield
    molecule("destroy")


def killed_after(seconds):
    """Whether a converge was still running, and so killed, after this time."""
    run = subprocess.Popen(
        ["ansible-playbook", f"--inventory={INVENTORY}", "playbooks/postgres.yml"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = run.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        end_at_once(run)
        return True
    assert code == 0, f"a run that could have gone on for {seconds} s failed by itself"
    return False


@pytest.mark.usefixtures("machines")
def test_killed_at_every_few_seconds():
    kills = 0
    for seconds in range(STEP_SECONDS, LONGEST_SECONDS, STEP_SECONDS):
        if not killed_after(seconds):
            break
        kills += 1
    print(f"{kills} runs were killed, the last one completed")
    assert kills > 3

    cluster = Cluster("db17", "198.18.0.22", INVENTORY)
    rows = cluster.sql("SELECT application_name, state, sync_state FROM pg_stat_replication ORDER BY 1")
    assert rows.splitlines() == ["pg-replica1|streaming|quorum", "pg-replica2|streaming|quorum"]
    assert cluster.machine.check_output("ls -d /var/lib/postgresql/17/*.incoming 2>/dev/null || true") == ""
    assert changed(playbook("postgres", inventory=INVENTORY).stdout) == 0
