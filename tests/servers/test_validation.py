# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A write is timed until each standby can read it, and one that does not replay is never one that read it."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import Session
from ansible_collections.plannerate.infra.plugins.module_utils._validation.reads import read_after_write


@pytest.fixture
def measure(servers):
    """A function that writes on the primary and reads on the standbys: themselves, or as the primary knows of them."""

    def measure(is_asked, timeout=5.0):
        params = {
            "login_host": "",
            "login_unix_socket": str(servers.sockets),
            "login_port": servers.members["pg-main"]["port"],
            "login_user": "postgres",
            "login_password": "",
            "login_db": "postgres",
            "ssl_mode": "disable",
            "ca_cert": None,
            "connect_timeout": 5,
        }
        where = {"unix_socket": str(servers.sockets)} if is_asked else {}
        expected = [{"name": name, "port": servers.members[name]["port"], **where} for name in servers.standbys]
        return read_after_write(Session(params), params, expected, timeout)

    return measure


@pytest.mark.parametrize("is_asked", [True, False])
def test_each_standby_reads_within_a_moment_and_no_table_changes(servers, measure, is_asked):
    tables = servers.sql("pg-main", "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
    found = measure(is_asked)
    assert set(found) == {"pg-replica1", "pg-replica2"}
    # A standby tells of what it replayed every ten seconds by itself.
    assert all(0 < answer["seconds"] < 5 for answer in found.values()), found
    assert servers.sql("pg-main", "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables") == tables


@pytest.mark.parametrize("is_asked", [True, False])
def test_one_that_does_not_replay_is_told_and_the_other_is_timed(servers, measure, is_asked):
    servers.sql("pg-replica1", "SELECT pg_wal_replay_pause()")
    found = measure(is_asked, 1.0)
    assert found["pg-replica1"] == {"error": "not replayed after 1 s"}
    assert found["pg-replica2"]["seconds"] < 5


def test_one_that_is_gone_cannot_be_asked(servers, measure):
    servers.stop("pg-replica1")
    found = measure(True, 1.0)
    assert found["pg-replica1"]["error"].startswith("cannot be asked: ") and found["pg-replica2"]["seconds"] < 5
