# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that is gone stops a run only when the primary may be on it."""

from __future__ import annotations

import subprocess

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import answers, changed, playbook, wait_for

INVENTORY = ROOT / "molecule" / "postgres_replica" / "inventory" / "production"
ADDRESSES = {"db17": "198.18.0.22", "db17b": "198.18.0.23"}


@pytest.fixture
def gone(cluster):
    """A function that takes a machine away; it is back, with both replicas streaming, at the end."""
    taken = []

    def take(name):
        taken.append(name)
        subprocess.run(["docker", "stop", "--time=60", f"plannerate-lab-{name}"], check=True, capture_output=True)

    yield take
    for name in taken:
        subprocess.run(["docker", "start", f"plannerate-lab-{name}"], check=True, capture_output=True)
    wait_for(lambda: all(map(answers, ADDRESSES.values())), timeout=60, what="SSH on both machines")
    streaming = (
        "runuser -u postgres -- psql -XAtqc \"SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'\""
    )
    wait_for(lambda: cluster.machine.run(streaming).stdout.strip() == "2", timeout=60, what="both replicas streaming")


def test_a_replicas_machine_that_is_gone_is_left_alone_and_the_rest_converges(gone):
    gone("db17b")
    done = playbook("postgres", inventory=INVENTORY)
    output = " ".join(done.stdout.split())
    assert "pg-replica2 does not answer (its machine is unreachable): left as it is" in output
    assert "pg-replica1 : ok=" in output and "failed=0" in output
    assert done.returncode != 0, "a run that could not reach a machine does not look like a good one"
    assert changed(done.stdout) == 0


def test_the_primarys_machine_that_is_gone_stops_the_run(gone):
    gone("db17")
    done = playbook("postgres", inventory=INVENTORY)
    output = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert "no primary is known and pg-main (its machine is unreachable)" in output
    assert "Prepare the machines" not in output, "nothing else was begun"
    assert changed(done.stdout) == 0


def test_the_cluster_starts_with_its_machines(gone, cluster):
    gone("db17")
    subprocess.run(["docker", "start", "plannerate-lab-db17"], check=True, capture_output=True)
    wait_for(lambda: answers(ADDRESSES["db17"]), timeout=60)
    primary = "runuser -u postgres -- psql -XAtqc 'SELECT pg_is_in_recovery()'"
    wait_for(lambda: cluster.machine.run(primary).stdout.strip() == "f", timeout=60, what="the primary")
