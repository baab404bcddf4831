# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A setting that needs a restart takes nobody's service away: under load, good ones and such with which no server starts."""

from __future__ import annotations

import pytest
from support.helpers.lab import PORTS, changed, playbook, wait_for
from support.helpers.ledger import load
from support.helpers.roles_of_members import at_home, healthy, primary_of

BAD = {
    "a library that is not installed": ({"shared_preload_libraries": "pg_cron"}, 'could not access file "pg_cron"'),
    "more memory than there is": ({"shared_buffers": "900GB"}, "could not map anonymous shared memory"),
    "huge pages that nobody reserved": ({"huge_pages": "on"}, "could not map anonymous shared memory"),
}


def converge(*arguments, **variables):
    done = playbook("postgres", *arguments, variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(autouse=True)
def as_before(admin_sql):
    at_home(admin_sql)
    yield
    converge()
    at_home(admin_sql)


def assert_nobody_noticed(ledger):
    print(f"{ledger.transactions} transactions, longest wait {ledger.longest_wait} s")
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert ledger.transactions > 1000


@pytest.mark.parametrize("what", BAD)
def test_one_with_which_no_server_starts_ends_at_a_standby(pooler, admin_sql, started, db01, what):
    settings, message = BAD[what]
    before = started()["pg-main"]
    with load(pooler) as ledger:
        done = playbook("postgres", variables={"postgres_settings": settings})
    said = " ".join(done.stdout.replace('\\"', '"').split())
    assert done.returncode != 0 and message in said and "It runs again, with the values of before" in said, said
    assert_nobody_noticed(ledger)
    assert started()["pg-main"] == before and primary_of(admin_sql) == "pg-main"
    (name,) = settings
    assert db01.run(f"grep -r {name} /etc/postgresql/15/pg_main/conf.d | grep -F {settings[name]}").rc == 1
    wait_for(lambda: healthy(admin_sql), timeout=60, what="two synchronous standbys")

    # The inventory put right heals it.
    assert changed(converge()) > 0
    assert changed(converge()) == 0


def test_a_good_one_restarts_the_standbys_and_then_the_primary_by_a_switchover(pooler, admin_sql, started, show):
    locks = {"postgres_settings": {"max_locks_per_transaction": 128}}
    before = started()
    told = " ".join(converge("--check", **locks).split())
    assert "pg-main (primary) hands its role to" in told and "max_locks_per_transaction" in told
    assert started() == before
    with load(pooler) as ledger:
        said = converge(**locks)
    primary = primary_of(admin_sql)
    assert primary != "pg-main" and f"{primary} is the primary now" in said
    assert_nobody_noticed(ledger)
    assert set(show("max_locks_per_transaction").values()) == {"128"}
    now = started()
    assert all(now[name] != before[name] for name in PORTS)
    assert changed(converge(**locks)) == 0


def test_one_that_has_to_be_lowered_on_the_primary_first_pauses_its_clients(pooler, admin_sql, show):
    with load(pooler) as ledger:
        said = converge(postgres_max_connections=110)
    assert "pg-main (primary) restarts where it is, while PgBouncer is paused" in " ".join(said.split())
    assert_nobody_noticed(ledger)
    assert primary_of(admin_sql) == "pg-main" and set(show("max_connections").values()) == {"110"}


def test_nothing_restarts_where_that_is_only_reported(started):
    before = started()
    said = converge(postgres_restart="report", postgres_settings={"max_locks_per_transaction": 128})
    assert "does not restart, and is not given them" in " ".join(said.split())
    assert changed(said) == 0 and started() == before
