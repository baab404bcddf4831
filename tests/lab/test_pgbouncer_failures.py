# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer comes back by itself; while a target is away its clients wait or fail in time; reads go on without a replica."""

from __future__ import annotations

import time

import pytest
from support.helpers.lab import leave_pending, playbook, started_at, wait_for
from support.helpers.pooler import QUERY_WAIT_TIMEOUT, answers, port_of_read, stopped

pytestmark = pytest.mark.usefixtures("all_well")


@pytest.mark.parametrize(
    "how",
    [
        "kill -KILL $(systemctl show -P MainPID pgbouncer)",
        "kill -TERM $(systemctl show -P MainPID pgbouncer)",
        "cd / && runuser -u postgres -- psql -X -h /var/run/postgresql -p 6432 -U pgbouncer -d pgbouncer -c SHUTDOWN",
    ],
    ids=["killed", "terminated", "shut down"],
)
def test_pgbouncer_comes_back_by_itself(pooler, how):
    before, begun = pooler.pid(), time.monotonic()
    pooler.machine.run(how)
    wait_for(lambda: answers(pooler), timeout=20, what="PgBouncer")
    print(f"back after {time.monotonic() - begun:.1f} s")
    assert pooler.pid() not in (before, "0")


def test_a_converge_starts_a_stopped_pgbouncer_and_loads_what_an_earlier_one_wrote(pooler):
    pooler.machine.check_output("systemctl stop pgbouncer")
    pending = leave_pending(pooler.machine, "pgbouncer", "/usr/local/lib/pgbouncer/replica_agent.py")
    agent, balancer = (started_at(pooler.machine, unit) for unit in ("pgbouncer-replica-agent", "haproxy"))
    done = playbook("pgbouncer")
    assert done.returncode == 0, done.stdout
    assert answers(pooler)
    assert started_at(pooler.machine, "pgbouncer-replica-agent") != agent
    assert started_at(pooler.machine, "haproxy") == balancer
    assert not pooler.machine.file(pending).exists


@pytest.mark.parametrize("unit", ["haproxy", "pgbouncer-replica-agent"])
def test_reads_come_back_when_a_helper_is_killed(pooler, unit):
    pooler.machine.check_output(f"systemctl kill --signal=KILL {unit}")
    wait_for(lambda: answers(pooler, dbname=f"{pooler.database}_ro"), timeout=30, what=f"reads without {unit}")
    wait_for(lambda: pooler.machine.service(unit).is_running, what=f"{unit} back")


def test_while_the_primary_is_away_clients_wait_or_fail_in_time(pooler):
    with stopped(pooler, "postgresql@15-pg_main"):
        begun = time.monotonic()
        result = pooler.psql("SELECT 1", connect_timeout=60)
        waited = time.monotonic() - begun
        assert result.rc != 0
        assert waited < QUERY_WAIT_TIMEOUT + 5
        assert answers(pooler, dbname=f"{pooler.database}_ro"), "reads go on"
    begun = time.monotonic()
    wait_for(lambda: answers(pooler), timeout=15, what="the pool after the primary came back")
    print(
        f"failed after {waited:.1f} s: {result.stderr.strip()}; back {time.monotonic() - begun:.1f} s after the primary"
    )


def test_a_connected_client_waits_for_a_short_restart(pooler):
    with pooler.session() as say:
        assert say("SELECT 1") == "1"
        pooler.machine.check_output("systemctl restart postgresql@15-pg_main")
        assert wait_for(lambda: say("SELECT 1") == "1", timeout=20, what="the same client")


def test_reads_go_on_without_a_replica(pooler):
    with stopped(pooler, "postgresql@15-pg_replica1"):
        begun = time.monotonic()
        wait_for(lambda: port_of_read(pooler) == "5434", timeout=20, what="reads from the other replica")
        print(f"reads from the other one after {time.monotonic() - begun:.1f} s")
        assert [port_of_read(pooler) for _attempt in range(5)] == ["5434"] * 5
