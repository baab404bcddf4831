# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""quorum goes on without one replica and waits without both; all waits without one."""

from __future__ import annotations

import shlex
import subprocess
import time

import pytest
from support.helpers.lab import DATABASE, playbook, wait_for

UNITS = {"pg-replica1": "postgresql@15-pg_replica1", "pg-replica2": "postgresql@15-pg_replica2"}


@pytest.fixture
def replicas(db01, admin_sql):
    """Stops and starts replicas by name; all run and stream again at the end."""

    class Replicas:
        def stop(self, *names):
            db01.check_output("systemctl stop " + " ".join(UNITS[name] for name in names))

        def start(self, *names):
            db01.check_output("systemctl start " + " ".join(UNITS[name] for name in names))

    yield Replicas()
    Replicas().start(*UNITS)
    wait_for(lambda: admin_sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "2")


@pytest.fixture
def ledger(admin_sql):
    admin_sql("DROP TABLE IF EXISTS ledger; CREATE TABLE ledger (value int)", database=DATABASE)
    yield
    admin_sql("SET synchronous_commit = local; DROP TABLE ledger", database=DATABASE)


class Write:
    """One synchronous INSERT in the background, over the socket of the primary."""

    def __init__(self, value):
        sql = f"INSERT INTO ledger VALUES ({value})"
        command = f"runuser -u postgres -- psql -XAtq --dbname={DATABASE} --command={shlex.quote(sql)}"
        self.process = subprocess.Popen(["docker", "exec", "plannerate-lab-db01", "sh", "-c", command])

    def done_within(self, seconds):
        try:
            return self.process.wait(timeout=seconds) == 0
        except subprocess.TimeoutExpired:
            return False


def values(admin_sql, port=5432):
    return admin_sql("SELECT string_agg(value::text, ',' ORDER BY value) FROM ledger", port=port, database=DATABASE)


@pytest.mark.usefixtures("ledger")
def test_quorum(replicas, admin_sql):
    replicas.stop("pg-replica1")
    assert Write(1).done_within(10), "with one replica stopped, writes go on"
    replicas.stop("pg-replica2")
    waiting = Write(2)
    assert not waiting.done_within(3), "with both stopped, a commit waits"
    assert wait_for(
        lambda: (
            admin_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%ledger%'")
            == "1"
        )
    )
    replicas.start("pg-replica2")
    assert waiting.done_within(30), "with one back, the commit goes on"
    assert values(admin_sql) == "1,2"
    assert wait_for(lambda: values(admin_sql, port=5434) == "1,2", what="nothing lost on the replica")


@pytest.mark.usefixtures("ledger")
def test_all(replicas, admin_sql):
    try:
        converged = playbook("postgres", variables={"postgres_sync_mode": "all"})
        assert converged.returncode == 0, converged.stdout
        assert admin_sql("SHOW synchronous_standby_names") == 'ANY 2 ("pg-replica1", "pg-replica2")'
        replicas.stop("pg-replica1")
        write = Write(3)
        assert not write.done_within(3), "with one stopped, a commit waits"
        replicas.start("pg-replica1")
        assert write.done_within(30), "with both running, it goes on"
    finally:
        replicas.start("pg-replica1", "pg-replica2")
        time.sleep(1)
        restored = playbook("postgres")
    assert restored.returncode == 0, restored.stdout
    assert admin_sql("SHOW synchronous_standby_names").startswith("ANY 1")
