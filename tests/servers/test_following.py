# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A standby that is past the fork connects and reports its own position, so PostgreSQL counts its word: the collection must not."""

from __future__ import annotations

import time

import pytest
from support.helpers.servers import done
from support.helpers.servers_base import wait_for


@pytest.fixture
def diverged(servers):
    """pg-main has what no standby has, in the segment in which the timeline of pg-replica1, the primary now, leaves its own."""
    servers.stop(*servers.standbys)
    servers.sql("pg-main", "INSERT INTO ledger SELECT 1, -number FROM generate_series(1, 100) AS number")
    servers.kill("pg-main")
    servers.start(*servers.standbys)
    servers.sql("pg-replica1", "SELECT pg_promote()")
    servers.sql(
        "pg-replica1",
        "SELECT pg_create_physical_replication_slot(name) FROM (VALUES ('pg_main'), ('pg_replica2')) AS each(name)",
    )
    servers.follow("pg-replica2", "pg-replica1")
    servers.await_streaming("pg-replica1", "pg-replica2")
    servers.follow("pg-main", "pg-replica1")
    servers.start("pg-main")
    wait_for(
        lambda: servers.sql("pg-replica1", "SELECT pid FROM pg_stat_replication WHERE application_name = 'pg-main'"),
        10,
        "the connection of pg-main",
    )
    return servers


def test_it_does_not_follow(diverged):
    """Row 2."""
    topology = diverged.topology()
    assert topology["primary"] == "pg-replica1"
    assert topology["following"]["pg-replica2"]["verdict"] == "follows"
    assert topology["following"]["pg-main"]["verdict"] == "diverged"
    assert topology["roles"]["pg-main"] == "aside"


def test_a_failover_does_not_attach_it_so_it_confirms_nothing(diverged, ledger):
    """Row 2: a commit of the new primary waits rather than being confirmed by who does not have it."""
    diverged.kill("pg-replica1")
    # Whether it confirmed something for pg-replica1 is not what this is about.
    assert done(diverged.change("failover", accept_data_loss=True, write_timeout=1)) == "pg-replica2"
    ledger.begin("pg-replica2")
    time.sleep(1.5)
    ledger.end()
    assert ledger.acknowledged == []
    assert diverged.told_to_follow("pg-main") != "pg-replica2"
