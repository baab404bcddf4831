# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A standby comes and goes under load: no transaction fails, no read fails, nothing of it is left, and nothing restarts for its going."""

from __future__ import annotations

import threading

import pytest
from support.helpers.lab import changed, playbook, wait_for
from support.helpers.ledger import load
from support.helpers.other_inventories import with_members
from support.helpers.roles_of_members import at_home

NAME, PORT = "pg-replica3", 5435
STREAMING = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"


def well(done):
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def with_four(tmp_path, admin_sql):
    """The inventory that has one standby more; the lab is as it was afterwards."""
    at_home(admin_sql)
    yield with_members(tmp_path, add={NAME: PORT})
    playbook("remove_member", variables={"remove_member": NAME, "remove_data": NAME}, timeout=1200)
    playbook("site", timeout=1200)
    at_home(admin_sql)


@pytest.fixture
def reads(pooler):
    """Queries through the read-only pool, one after the other: those that failed, and a function that ends them."""
    failed: list[str] = []
    made: list[int] = []
    ended = threading.Event()

    def read():
        while not ended.is_set():
            done = pooler.psql("SELECT 1", dbname=f"{pooler.database}_ro")
            made.append(done.rc)
            if done.rc:
                failed.append(done.stderr)

    thread = threading.Thread(target=read)
    thread.start()

    def end():
        ended.set()
        thread.join(timeout=60)
        assert made, "no query was made"
        return failed

    yield end
    ended.set()
    thread.join(timeout=60)


def test_it_comes_and_goes_and_nobody_notices(with_four, pooler, reads, admin_sql, db01, started, monitoring):
    monitoring.wait_until_quiet()
    with load(pooler) as ledger:
        well(playbook("site", inventory=with_four, variables={"postgres_restart": "report"}, timeout=1200))
        wait_for(lambda: admin_sql(STREAMING) == "3", timeout=60, what="three standbys")
        before = started()
        well(playbook("remove_member", variables={"remove_member": NAME}, timeout=1200))
        assert started() == before
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert reads() == []
    assert admin_sql(STREAMING) == "2"
    assert NAME not in admin_sql("SHOW synchronous_standby_names")
    assert admin_sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'pg_replica3'") == "0"
    assert db01.run("systemctl is-active postgresql@15-pg_replica3").rc != 0
    assert db01.file("/etc/postgresql/15/pg_replica3/start.conf").content_string == "disabled\n"
    for file in (
        "/etc/haproxy/haproxy.cfg",
        "/etc/pgbouncer/replica-agent.json",
        "/etc/postgresql-common/start-guard.json",
    ):
        assert NAME not in db01.file(file).content_string, file
    told = " ".join(well(playbook("leftovers")).split())
    assert f"{NAME}, a member on db01: stopped, with its data" in told and f"-e remove_data={NAME}" in told
    assert changed(well(playbook("remove_member", variables={"remove_member": NAME}, timeout=1200))) == 0
    well(playbook("remove_member", variables={"remove_member": NAME, "remove_data": NAME}, timeout=1200))
    for directory in ("/var/lib/postgresql/15/pg_replica3", "/etc/postgresql/15/pg_replica3"):
        assert not db01.file(directory).exists, directory
    assert "remove_" not in well(playbook("leftovers"))
    monitoring.wait_until_quiet()


def test_one_that_was_removed_comes_back(with_four, admin_sql, db01):
    well(playbook("site", inventory=with_four, variables={"postgres_restart": "report"}, timeout=1200))
    well(playbook("remove_member", variables={"remove_member": NAME}, timeout=1200))
    well(playbook("site", inventory=with_four, variables={"postgres_restart": "report"}, timeout=1200))
    wait_for(lambda: admin_sql(STREAMING) == "3", timeout=60, what="three standbys")
    assert db01.file("/etc/postgresql/15/pg_replica3/start.conf").content_string == "auto\n"
