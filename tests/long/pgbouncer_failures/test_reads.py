# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads go on without the first or the second replica, avoid one that hangs or is late, and never reach the primary."""

from __future__ import annotations

import time

import pytest
from support.helpers.lab import wait_for
from support.helpers.pooler import QUERY_WAIT_TIMEOUT, port_of_read, stopped

pytestmark = pytest.mark.usefixtures("all_well")


def test_reads_go_on_without_the_second_replica(pooler):
    with stopped(pooler, "postgresql@15-pg_replica2"):
        wait_for(lambda: port_of_read(pooler) == "5433", timeout=20, what="reads from the other replica")
        assert [port_of_read(pooler) for _attempt in range(5)] == ["5433"] * 5


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
