# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An owner who takes every connection that it gets leaves the others theirs."""

from __future__ import annotations

import contextlib

import psycopg2
import pytest
import yaml
from support.helpers.checkout import ROOT

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import statements
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.limits import owner_limits
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import pools

GREEDY = 150
ROOM = {"max_connections": 120, "reserved": 20, "direct": 2, "max_client_conn": 2000, "poolers": 1}
SIZES = {"pool_mode": "transaction", "pool_size": 20, "pool_size_session": 5}
ENVIRONMENTS = {"production": {"database": "shop"}, "staging": {"database": "test"}}
DATABASES = [{"name": "shop", "owner": "neighbour"}, {"name": "test", "owner": "writer"}]
LIMITS = owner_limits(DATABASES, pools(ENVIRONMENTS, SIZES), ROOM)["connections"]


@pytest.fixture
def server(make_servers):
    servers = make_servers(
        {"pg-main": "db01"}, {"synchronous_standby_names": "", "max_connections": ROOM["max_connections"]}
    )
    for database in DATABASES:
        if database["owner"] != "writer":  # which every server of the tests has
            servers.sql("pg-main", f"CREATE ROLE {database['owner']} LOGIN")
        servers.sql("pg-main", f"CREATE DATABASE {database['name']} OWNER {database['owner']}")
    return servers


def connect(server, owner):
    database = {entry["owner"]: entry["name"] for entry in DATABASES}[owner]
    port = server.members["pg-main"]["port"]
    return psycopg2.connect(host=str(server.sockets), port=port, user=owner, dbname=database, connect_timeout=5)


def limit(server, **owners):
    for owner, number in owners.items():
        server.sql("pg-main", f"ALTER ROLE {owner} CONNECTION LIMIT {number}")


@contextlib.contextmanager
def flood(server, owner, number=GREEDY):
    """Sessions of an owner, as many as it gets, and why it got no more."""
    sessions, errors = [], set()
    try:
        for _session in range(number):
            try:
                sessions.append(connect(server, owner))
            except psycopg2.OperationalError as error:
                errors.add(str(error).rsplit("FATAL:", maxsplit=1)[-1].strip())
        yield sessions, errors
    finally:
        for session in sessions:
            session.close()


def test_one_owners_sessions_do_not_lock_the_other_out(server):
    with flood(server, "writer"), pytest.raises(psycopg2.OperationalError, match="connection slots"):
        connect(server, "neighbour")
    limit(server, **LIMITS)
    with flood(server, "writer") as (staging, errors):
        assert len(staging) == LIMITS["writer"]
        assert errors == {'too many connections for role "writer"'}
        with flood(server, "neighbour", LIMITS["neighbour"]) as (production, refused):
            assert (len(production), refused) == (LIMITS["neighbour"], set()), (
                "all that its pools can take, at the same time"
            )
            for _administrator in range(3):
                server.sql("pg-main", "SELECT 1")


def test_discovery_counts_the_sessions_beside_the_limit(server):
    limit(server, writer=5)
    with flood(server, "writer", 3):
        ((answer,),) = server.sql("pg-main", statements(15)[-1])
        found = answer["role_connections"]
    assert (found["writer"], found["neighbour"]) == ({"limit": 5, "sessions": 3}, {"limit": -1, "sessions": 0})


def test_sessions_beyond_a_new_limit_go_on(server):
    with flood(server, "writer", 60) as (sessions, _errors):
        limit(server, **LIMITS)
        assert len(sessions) == 60 > LIMITS["writer"]
        for session in sessions:
            with session.cursor() as cursor:
                cursor.execute("SELECT 1")
        with pytest.raises(psycopg2.OperationalError, match='too many connections for role "writer"'):
            connect(server, "writer")


def test_an_owner_changes_neither_limit_of_its_own(server):
    limit(server, **LIMITS)
    default = yaml.safe_load((ROOT / "roles/postgres_primary/defaults/main.yml").read_text())[
        "postgres_primary_temp_file_limit"
    ]
    server.sql("pg-main", f"ALTER ROLE writer SET temp_file_limit = '{default}'")
    tries = [
        "ALTER ROLE writer CONNECTION LIMIT -1",
        "ALTER ROLE writer SET temp_file_limit = -1",
        "ALTER ROLE writer RESET temp_file_limit",
        "ALTER DATABASE test SET temp_file_limit = -1",
        "SET temp_file_limit = -1",
    ]
    session = connect(server, "writer")
    for statement in tries:
        with session.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
        session.rollback()
    with session.cursor() as cursor:
        cursor.execute("ALTER ROLE writer RESET ALL")
        session.commit()
        cursor.execute("SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'writer'")
        assert cursor.fetchone() == (LIMITS["writer"], [f"temp_file_limit={default}"])
    session.close()


def test_a_query_ends_at_the_limit_of_its_temporary_files(server):
    server.sql("pg-main", "ALTER ROLE writer SET temp_file_limit = '1MB'")
    session = connect(server, "writer")
    with session.cursor() as cursor, pytest.raises(psycopg2.errors.ConfigurationLimitExceeded, match="temp_file_limit"):
        cursor.execute(
            "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT g FROM generate_series(1, 500000) g ORDER BY -g) t"
        )
    session.close()
