# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failover in the modes that the lab does not have by itself, and a base backup where pg_rewind cannot."""

from __future__ import annotations

import time

import pytest
from support.helpers.lab import PORTS, changed, playbook, wait_for
from support.helpers.ledger import load
from support.helpers.roles_of_members import healthy, primary_of


@pytest.fixture
def mode(admin_sql):
    """A function that converges another synchronous mode; quorum is back at the end."""

    def converge(name):
        done = playbook("postgres", variables={"postgres_sync_mode": name})
        assert done.returncode == 0, done.stdout

    yield converge
    assert playbook("rejoin").returncode == 0
    converge("quorum")
    wait_for(lambda: healthy(admin_sql), timeout=60, what="two synchronous standbys")


def kill_the_primary(db01, name="pg_main"):
    db01.check_output(f"kill -9 $(head -n 1 /var/lib/postgresql/15/{name}/postmaster.pid)")


def test_async_states_the_loss_and_needs_it_accepted(mode, pooler, admin_sql, db01):
    mode("async")
    kill_the_primary(db01)
    refused = playbook("failover")
    assert refused.returncode != 0 and changed(refused.stdout) == 0
    output = " ".join(refused.stdout.split())
    assert "commits waited for no standby (mode async): those that were acknowledged and did not reach" in output
    assert "-e failover_accept_data_loss=true" in output
    done = playbook("failover", variables={"failover_accept_data_loss": True})
    assert done.returncode == 0, done.stdout
    # PgBouncer asks a server that failed again after a second (server_login_retry).
    wait_for(lambda: pooler.psql("SELECT 1").stdout.strip() == "1", timeout=5, what="a client's way to the new primary")


def test_all_loses_nothing_with_one_replica_away_and_writes_again_after_rejoin(mode, pooler, admin_sql, db01):
    mode("all")
    with load(pooler, clients=4, pause=0.01) as ledger:
        time.sleep(1)
        kill_the_primary(db01)
        done = playbook("failover")
        assert done.returncode == 0, done.stdout
        assert "commits wait until enough standbys follow" in " ".join(done.stdout.split())
        done = playbook("rejoin")
        assert done.returncode == 0, done.stdout
        again = playbook("switchover", variables={"switchover_target": "pg-main"})
        assert again.returncode == 0, again.stdout
    assert ledger.lost == []
    assert primary_of(admin_sql) == "pg-main"


def test_a_base_backup_where_pg_rewind_cannot(pooler, admin_sql, db01):
    """The old primary's own WAL is gone, so the common ancestor cannot be found."""
    kill_the_primary(db01)
    db01.check_output("rm -f /var/lib/postgresql/15/pg_main/pg_wal/0000*")
    assert playbook("failover").returncode == 0
    starts = {
        name: admin_sql("SELECT pg_postmaster_start_time()", PORTS[name]) for name in ("pg-replica1", "pg-replica2")
    }
    done = playbook("rejoin")
    assert done.returncode == 0, done.stdout
    assert "pg_rewind cannot be used:" in done.stdout
    wait_for(lambda: healthy(admin_sql), timeout=60, what="two synchronous standbys")
    assert starts == {name: admin_sql("SELECT pg_postmaster_start_time()", PORTS[name]) for name in starts}
    kept = db01.check_output("ls -d /var/lib/postgresql/15/pg_main.replaced-*")
    db01.check_output(f"rm -r {kept}")
