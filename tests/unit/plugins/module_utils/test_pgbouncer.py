# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools are planned, checked and compared without a server."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils import pgbouncer

DEFAULTS = {"pool_mode": "transaction", "pool_size": 25}


def problems(environments, environment="production", max_connections=150, reserved=20):
    return pgbouncer.problems(environments, environment, DEFAULTS, max_connections, reserved)


class TestPools:
    def test_an_environment_has_a_pool_on_the_primary_and_one_on_the_replicas(self):
        found = pgbouncer.pools({"production": {"database": "shop"}}, DEFAULTS)
        assert [(pool["name"], pool["database"], pool["target"]) for pool in found] == [
            ("shop", "shop", "primary"),
            ("shop_ro", "shop", "replicas"),
        ]

    def test_one_connection_is_kept_for_looking_passwords_up(self):
        found = pgbouncer.pools({"production": {"database": "shop", "pool_size": 30, "pool_size_ro": 10}}, DEFAULTS)
        assert [(pool["size"], pool["pool_size"]) for pool in found] == [(30, 29), (10, 9)]


class TestProblems:
    def test_nothing_to_say(self):
        assert problems({"production": {"database": "shop"}, "staging": {"database": "shop_staging"}}) == []

    @pytest.mark.parametrize(
        ("environments", "expected"),
        [
            ({"staging": {"database": "shop"}}, "pgbouncer_environment is 'production', expected one of"),
            ({}, "(none)"),
            ({"production": {}}, "database is missing"),
            ({"production": {"database": "a b"}}, "letters, digits and _"),
            ({"production": {"database": "shop"}, "../x": {"database": "y"}}, "becomes a file name"),
            ({"production": {"database": "shop", "pool_mode": "statement"}}, "expected transaction or session"),
            ({"production": {"database": "shop", "pool_size": 1}}, "an integer of 2 or more"),
            ({"production": {"database": "shop", "pool_size_ro": "x"}}, "pool_size_ro is 'x'"),
            ({"production": {"database": "shop", "size": 3}}, "size is not known"),
            ({"production": {"database": "shop"}, "other": {"database": "shop"}}, "shop is already production's"),
            ({"production": {"database": "shop"}, "other": {"database": "shop_ro"}}, "shop_ro is already production's"),
            ({"production": {"database": "pgbouncer"}}, "already PgBouncer itself's"),
        ],
    )
    def test_each_contradiction_is_said(self, environments, expected):
        assert expected in problems(environments)[0]

    def test_the_sum_is_refused_with_figures(self):
        environments = {
            "production": {"database": "shop", "pool_size": 50},
            "staging": {"database": "test", "pool_size": 20},
        }
        (found,) = problems(environments, max_connections=150, reserved=20)
        assert "take 140 server connections (shop 50, shop_ro 50, test 20, test_ro 20)" in found
        assert "a member has 130" in found
        assert "smaller by 10" in found

    @given(sizes=st.lists(st.integers(2, 60), min_size=1, max_size=5), max_connections=st.integers(20, 500))
    def test_what_is_accepted_always_fits(self, sizes, max_connections):
        environments = {
            f"e{number}": {"database": f"d{number}", "pool_size": size} for number, size in enumerate(sizes)
        }
        refused = problems(environments, environment="e0", max_connections=max_connections, reserved=20)
        pools = pgbouncer.pools(environments, DEFAULTS)
        assert bool(refused) == (sum(pool["size"] for pool in pools) > max_connections - 20)
        assert all(pool["pool_size"] + 1 == pool["size"] for pool in pools)


class TestVersions:
    @pytest.mark.parametrize(
        ("version", "mode", "prepared", "refused"),
        [
            ("1.18.0", "transaction", True, True),
            ("1.20.1", "transaction", True, True),
            ("1.21.0", "transaction", True, False),
            ("1.24.1", "transaction", True, False),
            ("2.0", "transaction", True, False),
            ("1.18.0", "session", True, False),
            ("1.18.0", "transaction", False, False),
            (None, "transaction", True, False),
        ],
    )
    def test_the_rule_for_prepared_statements(self, version, mode, prepared, refused):
        entry = {"database": "shop", "pool_mode": mode, "prepared_statements": prepared}
        found = pgbouncer.version_problems(pgbouncer.pools({"production": entry}, DEFAULTS), version)
        assert len(found) == int(refused)

    def test_the_remedies_are_named(self):
        pools = pgbouncer.pools({"production": {"database": "shop"}}, DEFAULTS)
        (found,) = pgbouncer.version_problems(pools, "1.18.0")
        for word in ("found 1.18.0", "1.21", "PDO::ATTR_EMULATE_PREPARES => true", "pool_mode: session", "pgdg"):
            assert word in found


PROBE = """\
== packages
pgbouncer installed
haproxy installed
python3-psycopg2 not-installed
== version
PgBouncer 1.18.0
libevent 2.1.12-stable
== paths
/etc/pgbouncer/environments
== nofile
2590
== stale
haproxy
== config
key,value,default,changeable
listen_addr,*,,no
auth_query,"SELECT a, b FROM f($1)",x,yes
query_wait_timeout,30,120,yes
unix_socket_mode,511,0777,no
== databases
name,host,port,database,force_user,pool_size,min_pool_size,reserve_pool,pool_mode,max_connections
shop,10.0.0.1,5432,shop,,24,0,0,transaction,25
"""


class TestAnswer:
    def test_a_machine_that_runs_it(self):
        found = pgbouncer.parse(PROBE)
        assert found["installed"] == ["pgbouncer", "haproxy"]
        assert found["version"] == "1.18.0"
        assert found["nofile"] == 2590
        assert found["stale"] == ["haproxy"]
        assert found["config"]["auth_query"]["value"] == "SELECT a, b FROM f($1)"
        assert found["databases"]["shop"]["pool_size"] == "24"

    @pytest.mark.parametrize("text", ["", "== packages\n", "sudo: a password is required\n"])
    def test_a_bare_machine(self, text):
        found = pgbouncer.parse(text)
        assert found["installed"] == []
        assert (found["version"], found["config"], found["databases"], found["nofile"]) == (None,) * 4


ANSWER = pgbouncer.parse(PROBE)
ROW = {"host": "10.0.0.1", "port": 5432, "pool_size": 24, "max_connections": 25, "pool_mode": "transaction"}


class TestPending:
    def test_nothing(self):
        settings = {"listen_addr": "*", "query_wait_timeout": 30, "unix_socket_mode": "0777"}
        assert pgbouncer.pending(ANSWER, settings, {"shop": ROW}, 2590) == {"reload": [], "restart": []}

    def test_what_pgbouncer_calls_changeable_is_reloaded(self):
        found = pgbouncer.pending(ANSWER, {"query_wait_timeout": 20}, {}, 0)
        assert found == {"reload": ["query_wait_timeout is '30', wanted '20'"], "restart": []}

    def test_what_it_does_not_is_a_restart(self):
        found = pgbouncer.pending(ANSWER, {"listen_addr": "127.0.0.1"}, {}, 3000)
        assert found["reload"] == []
        assert found["restart"] == [
            "listen_addr is '*', wanted '127.0.0.1'",
            "its limit of open files is 2590, wanted 3000",
        ]

    def test_pools(self):
        found = pgbouncer.pending(ANSWER, {}, {"shop": dict(ROW, port=5433), "new": ROW}, 0)
        assert found["reload"] == ["pool shop: port '5432', wanted '5433'", "pool new is not there"]

    def test_a_pgbouncer_that_does_not_answer(self):
        assert pgbouncer.pending(pgbouncer.parse(""), {}, {}, 0)["restart"] == ["PgBouncer does not answer"]


class TestSecret:
    def test_it_verifies_the_password_and_no_other(self):
        secret = pgbouncer.scram_secret("correct horse", "stats")
        iterations, salt = secret.split("$")[1].split(":")
        stored = base64.b64decode(secret.split("$")[2].split(":")[0])

        def matches(password):
            salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
            return hashlib.sha256(hmac.new(salted, b"Client Key", "sha256").digest()).digest() == stored

        assert matches("correct horse")
        assert not matches("correct hors")

    def test_it_is_the_same_every_time_and_another_for_another_user(self):
        assert pgbouncer.scram_secret("x" * 32, "a") == pgbouncer.scram_secret("x" * 32, "a")
        assert pgbouncer.scram_secret("x" * 32, "a") != pgbouncer.scram_secret("x" * 32, "b")


SHOWN = """\
== pools
database,user,cl_active,cl_waiting,sv_active,sv_idle,sv_used,sv_tested,sv_login,maxwait,maxwait_us,pool_mode
pgbouncer,pgbouncer,1,0,0,0,0,0,0,0,0,statement
shop,owner,900,100,24,0,0,0,0,1,250000,transaction
== stats
database,total_xact_count,avg_xact_time
shop,3000,20500
== databases
name,host,port,pool_mode,max_connections
shop,10.0.0.1,5432,transaction,25
shop_ro,127.0.0.1,6433,session,20
pgbouncer,,6432,statement,0
"""


def test_the_overview():
    row, unused = pgbouncer.overview(SHOWN)
    assert (row["pool"], row["clients_waiting"], row["longest_wait_seconds"]) == ("shop", 100, 1.2)
    assert (row["servers_active"], row["servers_allowed"], row["average_transaction_ms"]) == (24, 25, 20.5)
    assert (unused["pool"], unused["user"], unused["mode"], unused["transactions"]) == ("shop_ro", "-", "session", 0)
    heading, line = pgbouncer.table([row]).splitlines()
    assert heading.split()[:3] == ["POOL", "USER", "TARGET"]
    assert line.split()[:3] == ["shop", "owner", "10.0.0.1:5432"]
