# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PgBouncer answers is read, and compared with what is wanted."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.probe import parse, pending

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
== started
pgbouncer
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
        found = parse(PROBE)
        assert found["installed"] == ["pgbouncer", "haproxy"]
        assert found["version"] == "1.18.0"
        assert found["nofile"] == 2590
        assert (found["started"], found["stale"]) == (["pgbouncer"], ["haproxy"])
        assert found["config"]["auth_query"]["value"] == "SELECT a, b FROM f($1)"
        assert found["databases"]["shop"]["pool_size"] == "24"

    @pytest.mark.parametrize("text", ["", "== packages\n", "sudo: a password is required\n"])
    def test_a_bare_machine(self, text):
        found = parse(text)
        assert found["installed"] == []
        assert (found["version"], found["config"], found["databases"], found["nofile"]) == (None,) * 4


ANSWER = parse(PROBE)
ROW = {"host": "10.0.0.1", "port": 5432, "pool_size": 24, "max_connections": 25, "pool_mode": "transaction"}


class TestPending:
    def test_nothing(self):
        settings = {"listen_addr": "*", "query_wait_timeout": 30, "unix_socket_mode": "0777"}
        assert pending(ANSWER, settings, {"shop": ROW}, 2590) == {"reload": [], "restart": []}

    def test_what_pgbouncer_calls_changeable_is_reloaded(self):
        found = pending(ANSWER, {"query_wait_timeout": 20}, {}, 0)
        assert found == {"reload": ["query_wait_timeout is '30', wanted '20'"], "restart": []}

    def test_what_it_does_not_is_a_restart(self):
        found = pending(ANSWER, {"listen_addr": "127.0.0.1"}, {}, 3000)
        assert found["reload"] == []
        assert found["restart"] == [
            "listen_addr is '*', wanted '127.0.0.1'",
            "its limit of open files is 2590, wanted 3000",
        ]

    def test_pools(self):
        found = pending(ANSWER, {}, {"shop": dict(ROW, port=5433), "new": ROW}, 0)
        assert found["reload"] == ["pool shop: port '5432', wanted '5433'", "pool new is missing"]

    def test_a_pgbouncer_that_does_not_answer(self):
        assert pending(parse(""), {}, {}, 0)["restart"] == ["PgBouncer does not answer"]
