# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planned change of primary: no client fails, nothing is lost, and what cannot be done is refused with nothing paused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.helpers.lab import PORTS, changed, playbook, wait_for
from support.helpers.ledger import load
from support.helpers.roles_of_members import at_home, primary_of, state_of

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(scope="module")
def home(admin_sql):
    """pg-main is the primary before and afterwards."""
    at_home(admin_sql)
    yield
    at_home(admin_sql)


@pytest.fixture
def moved(admin_sql):
    """Another member than the inventory's first one is the primary: pg-replica2."""
    if primary_of(admin_sql) != "pg-replica2":
        done = switchover("pg-replica2")
        assert done.returncode == 0, done.stdout


def switchover(target, *arguments, inventory="production", **variables):
    return playbook("switchover", *arguments, inventory=inventory, variables={"switchover_target": target, **variables})


def refused(pooler, admin_sql, target, **variables):
    """The message of a switchover that is refused; nothing may be different afterwards."""
    before = state_of(pooler, admin_sql)
    done = switchover(target, **variables)
    assert done.returncode != 0, done.stdout
    assert changed(done.stdout) == 0, done.stdout
    assert state_of(pooler, admin_sql) == before
    return " ".join(done.stdout.split())


def test_the_plan_says_who_why_and_what_is_at_risk(pooler, admin_sql):
    before = state_of(pooler, admin_sql)
    output = " ".join(switchover("pg-replica2", "--check").stdout.split())
    assert "pg-replica2 becomes the primary in the place of pg-main" in output
    assert "at risk: 0 bytes" in output
    assert "expected pause on one machine: about 0.5 s" in output
    assert "pools that wait: plannerate_production, plannerate_production_session, plannerate_staging" in output
    assert state_of(pooler, admin_sql) == before


def test_to_and_fro_under_load_no_transaction_fails_and_none_is_lost(pooler, admin_sql):
    pauses = []
    with load(pooler) as ledger:
        for target in ("pg-replica1", "pg-main"):
            done = switchover(target)
            assert done.returncode == 0, done.stdout
            pauses.append(float(re.search(r"seconds: ([\d.]+)", done.stdout).group(1)))
            assert primary_of(admin_sql) == target
        print(f"paused for {pauses} s")
    print(f"{ledger.transactions} transactions, longest wait {ledger.longest_wait} s")
    assert ledger.failed == 0, ledger.errors
    assert ledger.lost == []
    assert ledger.transactions > 1000
    # Far above the median that bench-switchover measures, far below what a client takes for an outage.
    assert max(pauses) < 3
    slots = admin_sql("SELECT slot_name FROM pg_replication_slots ORDER BY 1")
    assert slots.split() == ["pg_replica1", "pg_replica2"]
    assert admin_sql("SELECT count(*) FROM pg_replication_slots", PORTS["pg-replica1"]) == "0", (
        "they would keep WAL for nobody"
    )


def test_readers_leave_the_member_that_became_the_primary(pooler, admin_sql):
    """Those that were connected to it as well."""
    reads = f"{pooler.database}_ro"
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda _number: pooler.psql("SELECT pg_sleep(0.5)", dbname=reads), range(8)))
    assert switchover("pg-replica2").returncode == 0
    where = "SELECT inet_server_port() || ' ' || pg_is_in_recovery()"
    with ThreadPoolExecutor(8) as executor:
        answers = executor.map(lambda _number: pooler.psql(f"SELECT pg_sleep(0.3); {where}", dbname=reads), range(8))
        found = {answer.stdout.strip() for answer in answers}
    assert found <= {f"{PORTS[name]} true" for name in ("pg-main", "pg-replica1")}, found


@pytest.mark.usefixtures("moved")
def test_a_converge_afterwards_changes_nothing(admin_sql):
    """By either inventory."""
    again = switchover("pg-replica2")
    assert again.returncode == 0 and changed(again.stdout) == 0, again.stdout
    for inventory in ("production", "staging"):
        done = playbook("pgbouncer", inventory=inventory)
        assert done.returncode == 0 and changed(done.stdout) == 0, done.stdout
    # With staging's inventory too after a failover: test_failover.py.
    done = playbook("postgres")
    assert done.returncode == 0 and changed(done.stdout) == 0, done.stdout
    assert primary_of(admin_sql) == "pg-replica2"


def test_a_transaction_that_does_not_end_is_waited_for_and_then_left_alone(pooler, admin_sql):
    primary = primary_of(admin_sql)
    with pooler.table() as table, pooler.session() as say:
        assert say("BEGIN") == ""
        assert say(f"INSERT INTO {table} VALUES (1, 42)") == ""
        message = refused(pooler, admin_sql, "pg-replica1", switchover_pause_timeout=2)
        assert "pausing PgBouncer on db01 was not done after 2 s" in message
        assert f"Everything is as it was: {primary} is the primary, PgBouncer is not paused" in message
        assert say("COMMIT") == ""
        assert pooler.psql(f"SELECT number FROM {table}").stdout.strip() == "42"


def test_a_target_that_does_not_exist_is_refused(pooler, admin_sql):
    message = refused(pooler, admin_sql, "pg-replica9")
    assert "the target is 'pg-replica9', expected one of the members: pg-main, pg-replica1, pg-replica2" in message


def test_a_target_that_lags_is_refused(pooler, admin_sql):
    primary, port = primary_of(admin_sql), PORTS["pg-replica1"]
    admin_sql("SELECT pg_wal_replay_pause()", port)
    try:
        with pooler.table():
            message = refused(pooler, admin_sql, "pg-replica1", switchover_max_lag_bytes=0)
    finally:
        admin_sql("SELECT pg_wal_replay_resume()", port)
    assert re.search(rf"pg-replica1 is \d+ bytes behind {primary}, expected at most 0", message)
    assert "replay is paused on pg-replica1" in message


def test_a_target_that_is_not_synchronous_is_refused(pooler, admin_sql):
    primary = primary_of(admin_sql)
    port = PORTS[primary]
    other = next(name for name in PORTS if name not in (primary, "pg-replica1"))
    admin_sql(f'ALTER SYSTEM SET synchronous_standby_names = \'FIRST 1 ("{other}", "pg-replica1")\'', port)
    admin_sql("SELECT pg_reload_conf()", port)
    try:
        message = refused(pooler, admin_sql, "pg-replica1")
    finally:
        admin_sql("ALTER SYSTEM RESET synchronous_standby_names", port)
        admin_sql("SELECT pg_reload_conf()", port)
    assert "pg-replica1 is potential, expected a synchronous standby (sync or quorum)" in message


def test_a_target_that_does_not_stream_is_refused(pooler, admin_sql, db01):
    db01.check_output("systemctl stop postgresql@15-pg_replica1")
    try:
        done = switchover("pg-replica1")
    finally:
        db01.check_output("systemctl start postgresql@15-pg_replica1")
    assert done.returncode != 0
    assert "pg-replica1 is stopped standby" in " ".join(done.stdout.split())
    streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    wait_for(lambda: admin_sql(streaming, PORTS[primary_of(admin_sql)]) == "2", what="both standbys")


def test_an_inventory_that_does_not_own_the_machines_is_refused(pooler, admin_sql):
    before = state_of(pooler, admin_sql)
    done = switchover("pg-replica1", inventory="staging")
    assert done.returncode != 0 and changed(done.stdout) == 0
    assert "the machines belong to another inventory" in " ".join(done.stdout.split())
    assert state_of(pooler, admin_sql) == before
