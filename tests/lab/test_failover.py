# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primary is gone: no acknowledged commit is lost, it cannot come back writable, and it becomes a standby again."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass

import pytest
from support.helpers.lab import DB01, PORTS, answers, changed, playbook, wait_for
from support.helpers.ledger import Ledger, load
from support.helpers.roles_of_members import at_home, healthy, primary_of

pytestmark = pytest.mark.usefixtures("home")
OTHERS = ["pg-replica1", "pg-replica2"]
UNITS = {name: f"postgresql@15-{name.replace('-', '_')}" for name in PORTS}


@pytest.fixture(scope="module")
def home(admin_sql):
    """pg-main is the primary before and afterwards."""
    at_home(admin_sql)
    yield
    at_home(admin_sql)


@dataclass
class Failover:
    """What was said and seen while a killed primary was replaced, under load."""

    plan: str
    recovery_after_plan: str
    said: str
    ledger: Ledger


@pytest.fixture(scope="module")
def failover(home, pooler, admin_sql, db01):
    """pg-main was killed, and pg-replica2 took over: pg-replica1, listed before it, was away while commits were acknowledged."""
    db01.check_output(f"systemctl stop {UNITS['pg-replica1']}")
    with load(pooler, pause=0.005) as ledger:
        time.sleep(1)
        db01.check_output("kill -9 $(head -n 1 /var/lib/postgresql/15/pg_main/postmaster.pid)")
        db01.check_output(f"systemctl start {UNITS['pg-replica1']}")
        plan = playbook("failover", "--check")
        assert plan.returncode == 0, plan.stdout
        recovery_after_plan = admin_sql("SELECT pg_is_in_recovery()", PORTS["pg-replica2"])
        begun = time.monotonic()
        done = playbook("failover")
        print(f"failover took {time.monotonic() - begun:.1f} s from the command to its end")
        assert done.returncode == 0, done.stdout
    said = [" ".join(each.stdout.split()) for each in (plan, done)]
    return Failover(said[0], recovery_after_plan, said[1], ledger)


@pytest.fixture(scope="module")
def rejoined(failover, admin_sql, db01):
    """pg-main became a standby of pg-replica2: what that run said, and when the others had been started before it."""
    wait_for(lambda: admin_sql_or_none(db01, PORTS["pg-replica1"]) == "t", timeout=60, what="the other standby")
    before = start_times(admin_sql, OTHERS)
    done = playbook("rejoin")
    assert done.returncode == 0, done.stdout
    wait_for(lambda: healthy(admin_sql), timeout=30, what="two synchronous standbys")
    return done.stdout, before


def start_times(sql, names):
    return {name: sql("SELECT pg_postmaster_start_time()", PORTS[name]) for name in names}


def test_a_primary_that_lives_is_not_failed_over(admin_sql):
    done = playbook("failover")
    assert done.returncode != 0 and changed(done.stdout) == 0
    output = " ".join(done.stdout.split())
    assert "pg-main takes writes" in output and "use the switchover playbook" in output
    assert primary_of(admin_sql) == "pg-main"


def test_the_replica_with_more_wal_takes_over_from_a_killed_primary(failover, admin_sql):
    assert "pg-replica2 becomes the primary" in failover.plan and "these figures are from before that" in failover.plan
    assert re.search(
        r"pg-replica2: running standby, timeline \d+, received \S+ replayed \S+ told to follow pg-main; chosen",
        failover.plan,
    )
    assert failover.recovery_after_plan == "t", "check mode changes nothing"
    assert "at risk: 0 bytes: every acknowledged commit is on a standby that was asked" in failover.said
    assert "pg-main stays stopped: the rejoin playbook makes it a standby of pg-replica2" in failover.said
    assert failover.ledger.lost == []
    assert failover.ledger.transactions > 200
    assert [admin_sql("SELECT pg_is_in_recovery()", PORTS[name]) for name in OTHERS] == ["t", "f"]


@pytest.mark.usefixtures("failover")
def test_the_old_primary_does_not_come_back_by_itself_and_the_rightful_one_does(admin_sql, db01):
    subprocess.run(["docker", "restart", "--time=60", "plannerate-lab-db01"], check=True, capture_output=True)
    wait_for(lambda: answers(DB01), timeout=60, what="SSH")
    wait_for(
        lambda: admin_sql_or_none(db01, PORTS["pg-replica2"]) == "f",
        timeout=60,
        what="the new primary, which may start",
    )
    wait_for(
        lambda: db01.run(f"systemctl is-failed {UNITS['pg-main']}").rc == 0, timeout=90, what="the guard's refusal"
    )
    said = db01.check_output(f"journalctl --boot --unit={UNITS['pg-main']} --output=cat --no-pager")
    assert re.search(
        r"pg-main must not start as a primary: pg-replica\d is on timeline \d+, newer than its own", said
    ), said
    assert "run the rejoin playbook" in said
    assert db01.run("pgrep -f -- '-D /var/lib/postgresql/15/pg_main( |$)'").rc == 1


def admin_sql_or_none(db01, port):
    return db01.run(f"runuser -u postgres -- psql -XAtqp {port} -c 'SELECT pg_is_in_recovery()'").stdout.strip()


def test_it_becomes_a_synchronous_standby_without_touching_the_others(rejoined, admin_sql):
    said, before = rejoined
    assert "pg_rewind cannot" not in said, said
    assert primary_of(admin_sql) == "pg-replica2"
    assert start_times(admin_sql, OTHERS) == before
    again = playbook("rejoin")
    assert again.returncode == 0 and changed(again.stdout) == 0, again.stdout
    for inventory in ("production", "staging"):
        done = playbook("postgres", inventory=inventory)
        assert done.returncode == 0 and changed(done.stdout) == 0, done.stdout


@pytest.mark.usefixtures("rejoined")
def test_a_data_directory_that_is_gone_is_survived_and_made_anew(pooler, admin_sql, db01):
    with load(pooler, pause=0.005) as ledger:
        db01.check_output(
            "pkill -9 -f -- '-D /var/lib/postgresql/15/pg_replica2( |$)'; rm -rf /var/lib/postgresql/15/pg_replica2"
        )
        done = playbook("failover")
        assert done.returncode == 0, done.stdout
    assert ledger.lost == []
    stopped = playbook("rejoin")
    assert stopped.returncode != 0 and changed(stopped.stdout) == 0
    assert "an unmounted disk looks like this" in " ".join(stopped.stdout.split())
    done = playbook("rejoin", variables={"postgres_rebuild": ["pg-replica2"]})
    assert done.returncode == 0, done.stdout
    wait_for(lambda: healthy(admin_sql), timeout=30, what="two synchronous standbys")


def test_no_alert_about_roles_is_left(monitoring, admin_sql):
    def told():
        return [sample["metric"]["member"] for sample in monitoring.query("postgres_member_in_recovery == 0")]

    wait_for(lambda: told() == [primary_of(admin_sql)], timeout=60, what="the new primary in Prometheus")
    wait_for(
        lambda: not [name for name in monitoring.firing() if name.startswith(("Postgres", "Pgbouncer"))],
        timeout=180,
        what="no alert of PostgreSQL's or PgBouncer's",
    )
    assert {target["health"] for target in monitoring.targets()} == {"up"}
