# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer comes back by itself; while a target is away its clients wait or fail in time; reads go on without a replica."""

from __future__ import annotations

import time
from contextlib import contextmanager

import pytest
from lab import playbook, wait_for

QUERY_WAIT_TIMEOUT = 30


def answers(pooler, **changed):
    return pooler.psql("SELECT 1", **changed).stdout.strip() == "1"


def port_of_read(pooler):
    result = pooler.psql("SELECT inet_server_port()", dbname=f"{pooler.database}_ro")
    return result.stdout.strip()


@contextmanager
def stopped(pooler, unit):
    pooler.machine.check_output(f"systemctl stop {unit}")
    try:
        yield
    finally:
        pooler.machine.check_output(f"systemctl start {unit}")


@pytest.fixture(autouse=True)
def all_well(pooler, admin_sql):
    yield
    wait_for(lambda: answers(pooler), what="the pool")
    wait_for(lambda: answers(pooler, dbname=f"{pooler.database}_ro"), what="the read-only pool")
    streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    wait_for(lambda: admin_sql(streaming) == "2", what="both replicas")


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


def test_a_converge_starts_a_stopped_pgbouncer(pooler):
    pooler.machine.check_output("systemctl stop pgbouncer")
    done = playbook("pgbouncer")
    assert done.returncode == 0, done.stdout
    assert answers(pooler)


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


@pytest.mark.parametrize(("member", "other"), [("pg_replica1", "5434"), ("pg_replica2", "5433")])
def test_reads_go_on_without_a_replica(pooler, member, other):
    with stopped(pooler, f"postgresql@15-{member}"):
        begun = time.monotonic()
        wait_for(lambda: port_of_read(pooler) == other, timeout=20, what="reads from the other replica")
        print(f"{member} stopped: reads from {other} after {time.monotonic() - begun:.1f} s")
        assert [port_of_read(pooler) for _attempt in range(5)] == [other] * 5


def test_reads_go_on_when_a_replica_hangs(pooler):
    tree = "$(p=$(head -1 /var/lib/postgresql/15/pg_replica1/postmaster.pid); echo $p $(pgrep -P $p))"
    pooler.machine.check_output(f"kill -STOP {tree}")
    try:
        wait_for(lambda: port_of_read(pooler) == "5434", timeout=40, what="reads from the other replica")
        assert [port_of_read(pooler) for _attempt in range(3)] == ["5434"] * 3
    finally:
        pooler.machine.check_output(f"kill -CONT {tree}")


def test_a_replica_that_is_left_behind_serves_no_reads(pooler, admin_sql):
    """Its replay is paused while the primary writes: after pgbouncer_replica_max_delay it is out, later back again."""
    ask = "exec 3<>/dev/tcp/127.0.0.1/6434; echo pg-replica1 >&3; head -1 <&3"

    def verdict():
        return pooler.machine.check_output(f'bash -c "{ask}"')

    admin_sql("SELECT pg_wal_replay_pause()", port=5433)
    try:
        admin_sql("SELECT pg_logical_emit_message(true, 'test', 'late')")
        assert verdict() == "up ready"
        wait_for(lambda: verdict() == "down #left behind", timeout=50, what="the late replica's exclusion")
        assert port_of_read(pooler) == "5434"
    finally:
        admin_sql("SELECT pg_wal_replay_resume()", port=5433)
    wait_for(lambda: verdict() == "up ready", timeout=15, what="its return")


def test_without_any_replica_reads_fail_in_time_and_never_reach_the_primary(pooler):
    with stopped(pooler, "postgresql@15-pg_replica1 postgresql@15-pg_replica2"):
        begun = time.monotonic()
        result = pooler.psql("SELECT 1", dbname=f"{pooler.database}_ro", connect_timeout=60)
        assert result.rc != 0
        assert time.monotonic() - begun < QUERY_WAIT_TIMEOUT + 5
