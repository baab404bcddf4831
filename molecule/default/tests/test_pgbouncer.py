# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application works through its pool, over verified TLS, and nobody else does."""

from __future__ import annotations

import re
import time

import pytest

PREPARED_SINCE = (1, 21)


@pytest.fixture(scope="module")
def table(pooler):
    with pooler.table() as name:
        yield name


def test_pdo_with_prepared_statements(pooler, table):
    """On PgBouncer 1.21 and newer as Laravel comes; before, with emulation, which the role insists on."""
    emulate = pooler.version() < PREPARED_SINCE
    answers = pooler.pdo(1000, emulate=emulate, table=table, clients=4)
    assert [answer["error"] for answer in answers] == [None] * 4
    assert [answer["transactions"] for answer in answers] == [1000] * 4
    assert max(answer["backends"] for answer in answers) > 1, "one server connection proves nothing"


def test_pdo_reads_from_the_replicas(pooler):
    emulate = pooler.version() < PREPARED_SINCE
    answers = pooler.pdo(1000, emulate=emulate, database=f"{pooler.database}_ro", clients=2)
    assert [answer["error"] for answer in answers] == [None] * 2
    assert [answer["transactions"] for answer in answers] == [1000] * 2


def test_what_the_role_refuses_would_break(pooler, table):
    if pooler.version() >= PREPARED_SINCE:
        pytest.skip("this PgBouncer keeps prepared statements apart")
    answers = pooler.pdo(1000, emulate=False, table=table, clients=4)
    errors = [answer["error"] for answer in answers if answer["error"]]
    # The second message is what follows a statement that the server did not know.
    assert errors and all(re.search("prepared statement|aborted", error) for error in errors), answers


def test_a_write_to_the_read_only_alias_is_refused(pooler, table):
    answer = pooler.pdo(1, emulate=True, table=table, database=f"{pooler.database}_ro")[0]
    assert "read-only transaction" in answer["error"]


def test_each_alias_leads_where_it_says(pooler):
    assert pooler.psql("SELECT pg_is_in_recovery()").stdout.strip() == "f"
    assert pooler.psql("SELECT pg_is_in_recovery()", dbname=f"{pooler.database}_ro").stdout.strip() == "t"


def test_both_sides_are_encrypted(pooler):
    encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert pooler.psql(encrypted).stdout.strip() == "t"
    assert pooler.psql(encrypted, dbname=f"{pooler.database}_ro").stdout.strip() == "t"
    config = {row["key"]: row["value"] for row in pooler.console("CONFIG")}
    assert config["server_tls_sslmode"] == "verify-full"
    assert config["client_tls_sslmode"] == "require"


@pytest.mark.parametrize(
    ("changed", "refusal", "logged"),
    [
        ({"password": "wrong"}, "SASL authentication failed", "password authentication failed"),
        ({"dbname": "nonexistent"}, "", "nonexistent"),
        ({"sslmode": "disable", "sslrootcert": None}, "SSL required", "SSL required"),
        ({"user": "nobody"}, "", "nobody"),
        ({"user": "postgres"}, "", "postgres"),
        ({"user": "replicator"}, "", "replicator"),
        ({"dbname": "pgbouncer"}, "login rejected", "login rejected"),
    ],
    ids=["password", "database", "no TLS", "user", "superuser", "replication role", "admin console"],
)
def test_refused_and_logged(pooler, changed, refusal, logged):
    since, begun = pooler.now(), time.monotonic()
    result = pooler.psql("SELECT 1", **changed)
    assert result.rc != 0
    assert refusal in result.stderr
    assert time.monotonic() - begun < 10
    lines = [line for line in pooler.log(since).splitlines() if line.startswith("C-")]
    if changed.get("user") not in ("postgres", "replicator", "nobody"):
        assert any(logged in line for line in lines), lines
    assert any("closing because" in line for line in lines), lines


def test_the_role_that_looks_passwords_up_may_not_be_used_by_a_client(pooler):
    result = pooler.psql("SELECT 1", user="pgbouncer_auth", password=pooler.secret("PGBOUNCER_AUTH_PASSWORD"))
    assert result.rc != 0
    assert "login rejected" in result.stderr


@pytest.mark.parametrize(("user", "may_reload"), [("admin", True), ("stats", False)])
def test_the_users_of_the_console(pooler, user, may_reload):
    """From the machine itself, as an exporter connects."""
    password = pooler.secret(f"PGBOUNCER_{user.upper()}_PASSWORD")
    options = {"user": f"pgbouncer_{user}", "password": password, "client": pooler.machine, "dbname": "pgbouncer"}
    options["hostaddr"] = "127.0.0.1"
    assert pooler.psql("SHOW STATS", **options).rc == 0
    assert (pooler.psql("RELOAD", **options).rc == 0) == may_reload


def test_the_file_of_users_holds_three_and_no_application(pooler):
    file = pooler.machine.file("/etc/pgbouncer/userlist.txt")
    assert (file.user, file.mode) == ("postgres", 0o600)
    users = [line.split('"')[1] for line in file.content_string.splitlines()]
    assert users == ["pgbouncer_auth", "pgbouncer_admin", "pgbouncer_stats"]


def test_the_password_look_up_is_for_one_role_only(pooler):
    refused = pooler.psql(f"SELECT * FROM pgbouncer.get_auth('{pooler.owner}')")
    assert "permission denied" in refused.stderr
    signature = "pg_get_userbyid(proowner), prosecdef, proconfig::text"
    command = f"psql -XAtq -d {pooler.database} -c \"SELECT {signature} FROM pg_proc WHERE proname = 'get_auth'\""
    found = pooler.machine.check_output(f"cd / && runuser -u postgres -- {command}")
    assert found == 'postgres|t|{"search_path=pg_catalog, pg_temp"}'


def test_the_limit_of_files_is_enough_for_all_clients(pooler):
    config = {row["key"]: row["value"] for row in pooler.console("CONFIG")}
    limit = pooler.machine.check_output(f"awk '/^Max open files/ {{ print $4 }}' /proc/{pooler.pid()}/limits")
    assert int(config["max_client_conn"]) >= 1000
    assert int(limit) > int(config["max_client_conn"])


def test_an_unchanged_state_has_nothing_waiting(pooler):
    """Neither a server connection that cannot log in, nor a client that waits for one."""
    assert [row["database"] for row in pooler.console("POOLS") if int(row["cl_waiting"])] == []
