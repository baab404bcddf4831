# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written through the primary is on both replicas, by synchronous streaming through slots."""

from __future__ import annotations

import time
import uuid

import pytest
from support.helpers.lab import PORTS


def test_what_a_client_writes_on_the_primary_it_reads_on_both_replicas(psql_on):
    value = uuid.uuid4().hex
    written = psql_on("db01", f"CREATE TABLE IF NOT EXISTS probe (value text); INSERT INTO probe VALUES ('{value}')")
    assert written.rc == 0, written.stderr
    for port in (5433, 5434):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            read = psql_on("db01", f"SELECT count(*) FROM probe WHERE value = '{value}'", port=port)
            if read.stdout.strip() == "1":
                break
        assert read.stdout.strip() == "1", read.stderr


@pytest.mark.parametrize("port", [5433, 5434])
def test_a_replica_refuses_writes(psql_on, port):
    result = psql_on("db01", "CREATE TABLE refused ()", port=port)
    assert result.rc != 0
    assert "read-only transaction" in result.stderr


def test_both_replicas_stream_and_count_for_the_quorum(admin_sql):
    rows = admin_sql("SELECT application_name, state, sync_state FROM pg_stat_replication ORDER BY 1")
    assert rows.splitlines() == ["pg-replica1|streaming|quorum", "pg-replica2|streaming|quorum"]


def test_both_replicas_stream_through_tls(admin_sql):
    assert admin_sql("SELECT bool_and(ssl) FROM pg_stat_replication JOIN pg_stat_ssl USING (pid)") == "t"


def test_both_slots_are_active_and_there_is_no_other(admin_sql):
    rows = admin_sql("SELECT slot_name, slot_type, active FROM pg_replication_slots ORDER BY 1")
    assert rows.splitlines() == ["pg_replica1|physical|t", "pg_replica2|physical|t"]


@pytest.mark.parametrize("port", [5432, 5433, 5434])
def test_every_member_can_be_the_primary(admin_sql, port):
    others = [f'"{name}"' for name, own in PORTS.items() if own != port]
    assert admin_sql("SHOW synchronous_standby_names", port=port) == f"ANY 1 ({', '.join(others)})"
    assert admin_sql("SHOW wal_log_hints", port=port) == "on"
    assert admin_sql("SHOW data_checksums", port=port) == "on"


@pytest.mark.parametrize("port", [5432, 5433, 5434])
def test_nothing_was_left_in_auto_conf(machine, admin_sql, port):
    directory = admin_sql("SHOW data_directory", port=port)
    lines = machine("db01").file(f"{directory}/postgresql.auto.conf").content_string.splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_the_members_divide_the_memory(admin_sql):
    assert [admin_sql("SHOW shared_buffers", port=port) for port in (5432, 5433, 5434)] == ["128MB"] * 3
