# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers: what was acknowledged is counted and looked for, load is put on by pgbench, and nothing stays."""

from __future__ import annotations

import contextlib
import threading
import time

import psycopg2
import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation import ledger, scratch, step

SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname = 'plannerate_validation'"


@pytest.fixture
def conninfo(servers):
    return {
        "host": str(servers.sockets),
        "port": servers.members["pg-main"]["port"],
        "user": "postgres",
        "dbname": "postgres",
        "sslmode": "disable",
    }


@pytest.fixture
def has_schema(servers):
    return lambda: servers.sql("pg-main", SCHEMAS) == [(1,)]


def after(seconds):
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() > ends


def test_what_is_acknowledged_is_there_and_nothing_stays(conninfo, has_schema):
    began = threading.Event()
    with scratch.made(conninfo):
        assert has_schema()
        found = ledger.run(conninfo, 3, 10, after(1), began.set)
    assert began.is_set() and found["commits"] > 50 and found["was_told_to_stop"]
    assert (found["failures"], found["lost"], found["errors"]) == (0, 0, []) and found["stopped_seconds"] < 1
    assert not has_schema()


def test_one_that_nobody_told_says_so(conninfo):
    with scratch.made(conninfo):
        assert ledger.run(conninfo, 1, 0.5, lambda: False)["was_told_to_stop"] is False


def test_what_the_database_lost_is_counted(conninfo, servers):
    def lose():
        time.sleep(0.7)
        servers.sql("pg-main", "DELETE FROM plannerate_validation.ledger WHERE client = 0 AND number < 4 RETURNING 1")

    with scratch.made(conninfo):
        thief = threading.Thread(target=lose)
        thief.start()
        found = ledger.run(conninfo, 2, 10, after(1.5))
        thief.join()
    assert found["lost"] == 3


def test_the_time_without_a_write_is_measured_and_a_client_that_was_thrown_out_has_failed(conninfo, servers):
    def hold():
        time.sleep(0.3)
        with contextlib.closing(psycopg2.connect(**conninfo)) as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE plannerate_validation.ledger")
            time.sleep(1.2)
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO plannerate%' LIMIT 1"
            )
            connection.rollback()

    with scratch.made(conninfo):
        holder = threading.Thread(target=hold)
        holder.start()
        found = ledger.run(conninfo, 2, 10, after(2.5))
        holder.join()
    assert 1.1 < found["stopped_seconds"] < 2.2 and 1.1 < found["longest_seconds"] < 2.2
    assert (found["failures"], len(found["errors"]), found["lost"]) == (1, 1, 0)
    # Not of the library, which would only say that it has no connection any more.
    assert "server" in found["errors"][0] or "terminating" in found["errors"][0]


def test_a_pause_that_lasts_beyond_the_word_to_stop_is_measured_to_its_end(conninfo):
    def hold():
        time.sleep(0.3)
        with contextlib.closing(psycopg2.connect(**conninfo)) as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE plannerate_validation.ledger")
            time.sleep(2.5)
            connection.rollback()

    with scratch.made(conninfo):
        holder = threading.Thread(target=hold)
        holder.start()
        found = ledger.run(conninfo, 2, 10, after(1))
        holder.join()
    assert 2.3 < found["stopped_seconds"] < 4 and (found["failures"], found["lost"]) == (0, 0)


def test_what_was_left_is_removed_and_what_is_somebody_elses_is_not(conninfo, servers, has_schema):
    with contextlib.closing(scratch.connect(conninfo)) as connection:
        scratch._make(connection)
        assert has_schema() and scratch.remove(connection) is True
        assert not has_schema() and scratch.remove(connection) is False
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA plannerate_validation")
        with pytest.raises(scratch.ScratchError, match="remove it yourself"):
            scratch.remove(connection)
    assert has_schema()


def test_rows_that_somebody_would_subscribe_to_are_not_written(conninfo, has_schema):
    with contextlib.closing(psycopg2.connect(**conninfo)) as connection:
        connection.autocommit = True
        connection.cursor().execute("CREATE PUBLICATION everything FOR ALL TABLES")
    with pytest.raises(scratch.ScratchError, match="publication everything is FOR ALL TABLES"), scratch.made(conninfo):
        pass
    assert not has_schema()


def test_pgbench_changes_rows_at_its_rate_and_tells_how_long_that_took(conninfo, servers, has_schema, tmp_path):
    params = {"directory": str(tmp_path), "clients": 4, "seconds": 3, "rate": 10, "site": None}
    program = str(servers.base.programs / "pgbench")
    with scratch.made(conninfo):
        found = step.run({"pgbench": program, "curl": None}, conninfo, params)["database"]
    assert found["failed"] == 0 and "reason" not in found, found
    assert 60 < found["sent"] < 180, "four clients, ten a second, three seconds"
    assert 0 < found["p50"] <= found["p95"] <= found["p99"] < 5000
    assert not has_schema()


def test_pgbench_without_its_rows_is_no_success(conninfo, servers, tmp_path):
    params = {"directory": str(tmp_path), "clients": 2, "seconds": 1, "rate": 10, "site": None}
    found = step.run({"pgbench": str(servers.base.programs / "pgbench"), "curl": None}, conninfo, params)["database"]
    assert found["answered_percent"] == 0 and "plannerate_validation.content" in found["reason"]
