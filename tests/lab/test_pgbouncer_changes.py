# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes is loaded under the clients' feet; what cannot work is refused; an environment changes only its own."""

from __future__ import annotations

import os
import re
import time

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import changed, playbook, wait_for

PRODUCTION = {"database": "plannerate_production", "pool_size": 25, "prepared_statements": False}
STAGING = {"database": "plannerate_staging", "pool_size": 20, "prepared_statements": False}
# Everything of the machine and of production that staging's inventory could touch.
FILES = (
    "sha256sum /etc/pgbouncer/pgbouncer.ini /etc/pgbouncer/pgbouncer_hba.conf /etc/pgbouncer/userlist.txt "
    "/etc/pgbouncer/environments/production.ini /etc/haproxy/haproxy.cfg /etc/systemd/system/pgbouncer.service.d/*"
)


def environments(production=None, staging=None, **more):
    return {
        "pgbouncer_environments": {
            "production": PRODUCTION | (production or {}),
            "staging": STAGING | (staging or {}),
            **more,
        }
    }


def converge(inventory="production", **variables):
    done = playbook("pgbouncer", inventory=inventory, variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


def refused(**variables):
    done = playbook("pgbouncer", variables=variables)
    assert done.returncode != 0, done.stdout
    assert changed(done.stdout) == 0, done.stdout
    return " ".join(done.stdout.split())


@pytest.fixture(scope="module", autouse=True)
def as_before(pooler):
    """Both inventories as they are, and no restart in between."""
    pid = pooler.pid()
    yield
    converge()
    converge(inventory="staging")
    assert pooler.pid() == pid, "PgBouncer was restarted"


@pytest.fixture
def held(pooler):
    """A transaction that is open from before the test until after it, and must commit then."""
    with pooler.table() as table, pooler.session() as say:
        assert say("BEGIN") == ""
        assert say(f"INSERT INTO {table} VALUES (1, 42)") == ""
        backend = say("SELECT pg_backend_pid()")
        yield
        assert say("SELECT pg_backend_pid()") == backend
        assert say("COMMIT") == ""
        assert pooler.psql(f"SELECT number FROM {table}").stdout.strip() == "42"


@pytest.mark.usefixtures("held")
def test_a_pool_changes_its_size(pooler):
    converge(**environments(production={"pool_size": 22}))
    assert pooler.pool(pooler.database)["max_connections"] == "22"
    assert pooler.pool(f"{pooler.database}_ro")["max_connections"] == "22"


@pytest.mark.usefixtures("held")
def test_an_environment_is_added(pooler):
    try:
        spare = {**STAGING, "database": "spare", "pool_size": 4, "pool_size_session": 2}
        converge(**environments(production={"pool_size": 20}, spare=spare))
        assert pooler.machine.file("/etc/pgbouncer/environments/spare.ini").size == 0
        assert "environments/spare.ini" in pooler.machine.file("/etc/pgbouncer/pgbouncer.ini").content_string
        assert pooler.pool("spare") is None, "its own inventory makes the pool"
    finally:
        converge()
        pooler.machine.check_output("rm -f /etc/pgbouncer/environments/spare.ini")


@pytest.mark.usefixtures("held")
def test_a_password_changes_in_postgresql(pooler, admin_sql):
    old = pooler.password
    assert pooler.psql("SELECT 1").rc == 0
    try:
        admin_sql(f"ALTER ROLE {pooler.owner} PASSWORD 'a-new-one-for-this-test'")
        refused_login = pooler.psql("SELECT 1")
        assert "authentication failed" in refused_login.stderr
        assert pooler.psql("SELECT 1", password="a-new-one-for-this-test").stdout.strip() == "1"
    finally:
        admin_sql(f"ALTER ROLE {pooler.owner} PASSWORD '{old}'")
    assert pooler.psql("SELECT 1").stdout.strip() == "1"


def test_a_password_that_has_expired_is_refused(pooler, admin_sql):
    login = {"user": "pooler_test", "password": "a-password-for-this-test"}
    admin_sql("CREATE ROLE pooler_test LOGIN IN ROLE clients PASSWORD 'a-password-for-this-test'")
    try:
        admin_sql(f"GRANT CONNECT ON DATABASE {pooler.database} TO pooler_test")
        assert pooler.psql("SELECT 1", **login).stdout.strip() == "1"
        admin_sql("ALTER ROLE pooler_test VALID UNTIL 'yesterday'")
        assert pooler.psql("SELECT 1", **login).rc != 0
    finally:
        admin_sql(f"REVOKE CONNECT ON DATABASE {pooler.database} FROM pooler_test; DROP ROLE pooler_test")


@pytest.mark.usefixtures("held")
def test_a_changed_setting_is_reloaded_and_a_wrong_one_never_gets_in_place(pooler):
    converge(pgbouncer_query_wait_timeout=29)
    assert {row["key"]: row["value"] for row in pooler.console("CONFIG")}["query_wait_timeout"] == "29"
    before = pooler.machine.check_output(FILES)
    done = playbook("pgbouncer", variables={"pgbouncer_settings": {"pool_size_max": 3}})
    assert done.returncode != 0
    assert "unknown parameter: pgbouncer/pool_size_max" in " ".join(done.stdout.split())
    assert pooler.machine.check_output(FILES) == before


def test_another_environments_pool_follows_the_primary_when_the_owner_converges(pooler):
    path = "/etc/pgbouncer/environments/staging.ini"
    before = pooler.machine.check_output(f"cat {path}")
    pooler.machine.check_output(f"sed -i 's/ port=5432 / port=5499 /' {path} && systemctl reload pgbouncer")
    wait_for(lambda: pooler.pool("plannerate_staging")["port"] == "5499", what="the wrong target")
    converge()
    assert pooler.machine.check_output(f"cat {path}") == before
    assert pooler.pool("plannerate_staging")["port"] == "5432"


def test_an_address_that_is_none_never_gets_in_place(pooler):
    before = pooler.machine.check_output(FILES)
    done = playbook("pgbouncer", variables={"pgbouncer_clients": ["198.18.0.x"]})
    assert done.returncode != 0
    assert "pgbouncer_clients has 198.18.0.x, expected an IP address" in " ".join(done.stdout.split())
    assert pooler.machine.check_output(FILES) == before


def test_rules_that_pgbouncer_cannot_read_are_found_before_they_are_in_place(pooler):
    pooler.machine.check_output("echo 'hostssl all all 198.18.0.x/32 scram-sha-256' >/tmp/wrong-rules")
    tried = pooler.machine.run(
        "/usr/local/lib/pgbouncer/check-configuration /tmp/wrong-rules; code=$?; rm /tmp/wrong-rules; exit $code"
    )
    assert tried.rc == 1 and "could not parse hba config" in tried.stderr, tried
    assert pooler.machine.run("pgrep -f [t]rial.ini").rc == 1, "nothing of the trial is left"


def test_staging_changes_only_its_own(pooler):
    """A pending change of every kind stands in the shared data; staging's inventory applies its own pool alone."""

    def state():
        rows = [row for row in pooler.console("DATABASES") if row["name"].startswith("plannerate_production")]
        shown = ("name", "host", "port", "pool_size", "pool_mode", "max_connections")
        config = {row["key"]: row["value"] for row in pooler.console("CONFIG")}
        return pooler.machine.check_output(FILES), [[row[key] for key in shown] for row in rows], config

    before = state()
    pending = environments(production={"pool_size": 24}, staging={"pool_size": 11})
    output = converge(inventory="staging", **pending, pgbouncer_query_wait_timeout=17)
    assert pooler.pool("plannerate_staging")["max_connections"] == "11"
    assert state() == before
    assert "would be written: /etc/pgbouncer/pgbouncer.ini" in output, "the machine's part is reported"


def test_prepared_statements_that_would_break_are_refused(pooler):
    before = pooler.machine.check_output(FILES)
    message = refused(**environments(production={"prepared_statements": True}))
    assert (
        "production: pool_mode transaction with prepared_statements needs PgBouncer 1.21 or newer, found 1.18"
        in message
    )
    assert "PDO::ATTR_EMULATE_PREPARES => true" in message
    assert "pool_mode: session" in message
    assert "staging" not in message.split("TASK [plannerate.infra.pgbouncer : Refuse")[1].split("RECAP")[0]
    assert pooler.machine.check_output(FILES) == before


def test_pools_that_do_not_fit_are_refused_with_figures():
    message = refused(**environments(production={"pool_size": 60}))
    assert "the pools take 170 server connections" in message
    assert "a member has 100: postgres_max_connections 120 less pgbouncer_reserved_connections 20" in message
    assert "smaller by 70" in message


def test_a_client_from_another_machine_is_refused_even_without_the_firewall(pooler, machine):
    """UFW drops it; should that fail, PgBouncer refuses it and says so."""
    outsider = machine("outsider")
    since, begun = pooler.now(), time.monotonic()
    script = f"timeout 4 bash -c '</dev/tcp/{pooler.address}/{pooler.port}'"
    assert outsider.run(script).rc != 0
    assert time.monotonic() - begun > 3, "the firewall drops, it does not answer"
    if not outsider.exists("psql"):
        outsider.check_output("apt-get -q update && apt-get -qy install --no-install-recommends postgresql-client")
    rule = f"allow proto tcp from {outsider.check_output('hostname -I').split()[0]} to any port {pooler.port}"
    pooler.machine.check_output(f"ufw {rule}")
    try:
        result = pooler.psql("SELECT 1", client=outsider, sslmode="require", sslrootcert=None)
    finally:
        pooler.machine.check_output(f"ufw delete {rule}")
    assert result.rc != 0
    assert "login rejected" in result.stderr
    assert "closing because: login rejected" in pooler.log(since)


def test_the_applications_environment_is_one_variable(pooler, tmp_path):
    """What client_environment gives is enough for a client: nothing else is needed but the password."""
    play = tmp_path / "show.yml"
    play.write_text(
        """
- hosts: app01
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: plannerate.infra.pgbouncer, tasks_from: client_environment}
    - ansible.builtin.debug: {msg: "{{ pgbouncer_client_environment.items() | map('join', '=') | sort }}"}
"""
    )
    done = playbook(os.path.relpath(play.with_suffix(""), ROOT / "playbooks"))
    assert done.returncode == 0, done.stdout
    found = re.findall(r"- (\w+)=(.*)", done.stdout)
    assert found == [
        ("DB_CONNECTION", "pgsql"),
        ("DB_DATABASE", "plannerate_production"),
        ("DB_DATABASE_READ", "plannerate_production_ro"),
        ("DB_DATABASE_SESSION", "plannerate_production_session"),
        ("DB_EMULATE_PREPARES", "true"),
        ("DB_HOST", pooler.address),
        ("DB_PORT", "6432"),
        ("DB_SSLMODE", "verify-full"),
        ("DB_URL", "?sslmode=verify-full&sslrootcert=/etc/ssl/machine/ca.crt"),
        ("DB_USERNAME", "plannerate_prod"),
        ("PGSSLROOTCERT", "/etc/ssl/machine/ca.crt"),
    ]
    found = pooler.psql("SELECT current_user", host=pooler.address, hostaddr=None)
    assert found.stdout.strip() == pooler.owner, found.stderr
