# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the primary over two machines, one of which is gone for a while."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import answers, changed, over_ssh, playbook, wait_for
from support.helpers.ledger import Ledger, load

INVENTORY = ROOT / "molecule" / "pgbouncer" / "inventory" / "production"
OLD_PRIMARY = "postgresql@17-pg_replica2"
PLACES = {"pg-main": ("198.18.0.22", 5432), "pg-replica1": ("198.18.0.22", 5433), "pg-replica2": ("198.18.0.23", 5432)}


def run(name, *arguments, **variables):
    return playbook(name, *arguments, inventory=INVENTORY, variables=variables)


def sql(member, statement):
    address, port = PLACES[member]
    return over_ssh(address).run(f'runuser -u postgres -- psql -XAtqp {port} -c "{statement}"').stdout.strip()


def healthy(primary):
    return sql(primary, "SELECT state || sync_state FROM pg_stat_replication").split() == ["streamingquorum"] * 2


@pytest.fixture(scope="module", autouse=True)
def home():
    """db17b is there and pg-main the primary at the end, whatever happened."""
    yield
    subprocess.run(["docker", "start", "plannerate-lab-db17b"], check=True, capture_output=True)
    wait_for(lambda: answers("198.18.0.23"), timeout=60, what="SSH on db17b")
    assert run("rejoin").returncode == 0
    if sql("pg-main", "SELECT pg_is_in_recovery()") == "t":
        assert run("switchover", switchover_target="pg-main").returncode == 0
    wait_for(lambda: healthy("pg-main"), timeout=60, what="two synchronous standbys")


@dataclass
class Change:
    """What was said while another member became the primary, and what the clients had of it."""

    said: str
    ledger: Ledger
    refused: subprocess.CompletedProcess[str] | None = None


@pytest.fixture(scope="module")
def switched(home, pooler):
    """pg-replica2, on the other machine, is the primary."""
    with load(pooler, clients=4) as ledger:
        done = run("switchover", switchover_target="pg-replica2")
        assert done.returncode == 0, done.stdout
    wait_for(lambda: healthy("pg-replica2"), timeout=30, what="two synchronous standbys")
    return Change(done.stdout, ledger)


@pytest.fixture(scope="module")
def failed_over(switched, pooler):
    """The machine of pg-replica2 is gone, and a member of the one that stays, where the clients are, is the primary."""
    with load(pooler, clients=4, pause=0.01, client=pooler.machine) as ledger:
        subprocess.run(["docker", "kill", "plannerate-lab-db17b"], check=True, capture_output=True)
        refused = run("failover")
        done = run("failover", failover_dead="pg-replica2")
        assert done.returncode == 0, done.stdout
    return Change(done.stdout, ledger, refused)


@pytest.fixture(scope="module")
def returned(failed_over):
    """The machine is there again, and the guard has refused to start its old primary."""
    subprocess.run(["docker", "start", "plannerate-lab-db17b"], check=True, capture_output=True)
    wait_for(lambda: answers("198.18.0.23"), timeout=60, what="SSH on db17b")
    machine = over_ssh("198.18.0.23")
    wait_for(lambda: machine.run(f"systemctl is-failed {OLD_PRIMARY}").rc == 0, timeout=90, what="the guard's refusal")
    return machine


def test_a_switchover_to_another_machine_fails_no_transaction(switched):
    print(re.search(r"seconds: [\d.]+", switched.said).group(0), "longest wait", switched.ledger.longest_wait)
    assert "over 2 machines" in switched.said
    assert (switched.ledger.failed, switched.ledger.lost) == (0, []), switched.ledger.errors
    again = run("postgres")
    assert again.returncode == 0 and changed(again.stdout) == 0, again.stdout


def test_a_machine_that_is_gone_is_failed_over_when_somebody_says_so(failed_over):
    refused, ledger = failed_over.refused, failed_over.ledger
    assert refused.returncode != 0 and changed(refused.stdout) == 0
    assert "say so with -e failover_dead=<its name> (one of pg-replica2)" in " ".join(refused.stdout.split())
    assert "pg-replica2 is taken for dead because you said so" in " ".join(failed_over.said.split()), failed_over.said
    print(re.search(r"seconds: [\d.]+", failed_over.said).group(0), "longest wait", ledger.longest_wait)
    assert ledger.lost == []
    assert sorted(sql(name, "SELECT pg_is_in_recovery()") for name in ("pg-main", "pg-replica1")) == ["f", "t"]


def test_it_comes_back_and_its_old_primary_does_not_start(returned):
    said = returned.check_output(f"journalctl --boot --unit={OLD_PRIMARY} --output=cat --no-pager")
    assert "must not start as a primary" in said


@pytest.mark.usefixtures("returned")
def test_it_becomes_a_standby_by_rewinding_over_the_network():
    done = run("rejoin")
    assert done.returncode == 0, done.stdout
    assert "pg_rewind cannot" not in done.stdout, done.stdout
    primary = next(name for name in ("pg-main", "pg-replica1") if sql(name, "SELECT pg_is_in_recovery()") == "f")
    wait_for(lambda: healthy(primary), timeout=60, what="two synchronous standbys")
