# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the primary over two machines, one of which is gone for a while."""

from __future__ import annotations

import re
import subprocess

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import answers, changed, over_ssh, playbook, wait_for
from support.helpers.ledger import load

INVENTORY = ROOT / "molecule" / "pgbouncer" / "inventory" / "production"
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


def test_a_switchover_to_another_machine_fails_no_transaction(pooler):
    with load(pooler, clients=4) as ledger:
        done = run("switchover", switchover_target="pg-replica2")
        assert done.returncode == 0, done.stdout
    print(re.search(r"seconds: [\d.]+", done.stdout).group(0), "longest wait", ledger.longest_wait)
    assert "over 2 machines" in done.stdout
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    wait_for(lambda: healthy("pg-replica2"), timeout=30, what="two synchronous standbys")
    again = run("postgres")
    assert again.returncode == 0 and changed(again.stdout) == 0, again.stdout


def test_a_machine_that_is_gone_is_failed_over_when_somebody_says_so(pooler):
    """The clients run on the machine that stays."""
    with load(pooler, clients=4, pause=0.01, client=pooler.machine) as ledger:
        subprocess.run(["docker", "kill", "plannerate-lab-db17b"], check=True, capture_output=True)
        refused = run("failover")
        assert refused.returncode != 0 and changed(refused.stdout) == 0
        assert "say so with -e failover_dead=<its name> (one of pg-replica2)" in " ".join(refused.stdout.split())
        done = run("failover", failover_dead="pg-replica2")
        assert "pg-replica2 is taken for dead because you said so" in " ".join(done.stdout.split()), done.stdout
    print(re.search(r"seconds: [\d.]+", done.stdout).group(0), "longest wait", ledger.longest_wait)
    assert ledger.lost == []
    assert sorted(sql(name, "SELECT pg_is_in_recovery()") for name in ("pg-main", "pg-replica1")) == ["f", "t"]


def test_it_comes_back_and_its_old_primary_does_not_start(pooler):
    subprocess.run(["docker", "start", "plannerate-lab-db17b"], check=True, capture_output=True)
    wait_for(lambda: answers("198.18.0.23"), timeout=60, what="SSH on db17b")
    machine = over_ssh("198.18.0.23")
    unit = "postgresql@17-pg_replica2"
    wait_for(lambda: machine.run(f"systemctl is-failed {unit}").rc == 0, timeout=90, what="the guard's refusal")
    assert "must not start as a primary" in machine.check_output(
        f"journalctl --boot --unit={unit} --output=cat --no-pager"
    )


def test_it_becomes_a_standby_by_rewinding_over_the_network(pooler):
    done = run("rejoin")
    assert done.returncode == 0, done.stdout
    assert "pg_rewind cannot" not in done.stdout, done.stdout
    primary = next(name for name in ("pg-main", "pg-replica1") if sql(name, "SELECT pg_is_in_recovery()") == "f")
    wait_for(lambda: healthy(primary), timeout=60, what="two synchronous standbys")
