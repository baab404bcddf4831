# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The owner of a database sets traps in it: no administrative session of ours steps into one."""

from __future__ import annotations

import collections
import contextlib
import hashlib

import jinja2
import psycopg2
import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for
from support.hostile import database, look, names

from ansible_collections.plannerate.infra.plugins.module_utils._postgres import session
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine import session as backup_session

ROLES = ROOT / "roles"
LOOK = "SELECT current_database(), current_user, (SELECT count(*) FROM pg_roles), (SELECT count(*) FROM pg_proc)"


class Victim:
    """A database of the role "writer" on one server, and sessions in it."""

    def __init__(self, servers):
        self.servers = servers
        servers.sql("pg-main", "ALTER ROLE writer PASSWORD 'unused'")
        for statement in ("CREATE DATABASE victim OWNER writer", "CREATE ROLE pooler LOGIN", "CREATE ROLE clients"):
            servers.sql("pg-main", statement)
        servers.sql("pg-main", "CREATE ROLE dump LOGIN")
        self.seen = 0

    def conninfo(self, user="postgres", **more):
        port = self.servers.members["pg-main"]["port"]
        keywords = {"host": str(self.servers.sockets), "port": port, "user": user, "dbname": "victim", **more}
        return psycopg2.extensions.make_dsn(**keywords)

    def say(self, *statements, user="postgres", **more):
        """The rows of the last statement."""
        with contextlib.closing(psycopg2.connect(self.conninfo(user, **more))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def sprung(self):
        """The traps that sprang since the last time, as the server's log tells them."""
        found = database.sprung(self.servers.log("pg-main", lines=100_000), owner="writer")
        new, self.seen = found[self.seen :], len(found)
        return set(new)


@pytest.fixture
def victim(make_servers):
    return Victim(make_servers({"pg-main": "db01"}, {"synchronous_standby_names": ""}))


@pytest.fixture
def planted(victim):
    """The traps, which nothing leads to yet: what steps into each by its name."""
    victim.say(*database.traps(names.ours()), user="writer")
    return dict(victim.say(database.PLANTED))


@pytest.fixture
def trapped(victim, planted):
    victim.say(*database.defaults("victim", "writer"), user="writer")
    return victim


def administrator():
    """The options of the role's sessions, as the tasks of the community's modules get them."""
    published = yaml.safe_load((ROLES / "postgres" / "vars" / "main" / "published.yml").read_text())
    return published["postgres_admin_login"]["connect_params"]


def by_the_role(victim):
    return victim.say(LOOK, **administrator())[0]


def by_a_module(victim):
    given = {name: option.get("default") for name, option in session.login_argument_spec().items()}
    given |= {"login_unix_socket": str(victim.servers.sockets), "login_port": victim.servers.members["pg-main"]["port"]}
    found = session.Session(given, "victim")
    try:
        return tuple(found.row(LOOK).values())
    finally:
        found.close()


def by_the_backup(victim):
    with contextlib.closing(backup_session.connect(victim.conninfo(options="-c synchronous_commit=local"))) as found:
        found.autocommit = True
        assert backup_session.execute(found, "SHOW synchronous_commit") == [("local",)]
        return backup_session.execute(found, LOOK)[0]


def test_each_trap_springs_on_an_administrator_without_our_options(trapped, planted):
    kinds = collections.Counter(name.split()[0] for name in planted)
    assert kinds["relation"] > 100 and kinds["function"] > 80 and kinds["type"] > 5 and kinds["operator"] == 3, kinds
    with contextlib.closing(psycopg2.connect(trapped.conninfo(options="-c role=none"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for steps in planted.values():
                with contextlib.suppress(psycopg2.Error):
                    cursor.execute(steps)
    sprung = trapped.sprung()
    assert {each.trap for each in sprung} == set(planted)
    assert {(each.session, each.current) for each in sprung} == {("postgres", "none")}


def test_the_role_of_the_database_is_a_trap_too(trapped):
    with contextlib.suppress(psycopg2.Error):
        trapped.say("SELECT count(*) FROM pg_roles")
    assert {(each.session, each.current) for each in trapped.sprung()} == {("postgres", "writer")}


@pytest.mark.parametrize("session_of", [by_the_role, by_a_module, by_the_backup])
def test_no_session_of_ours_steps_into_one(trapped, session_of):
    assert session_of(trapped)[:2] == ("victim", "postgres")
    assert trapped.sprung() == set()


def test_who_looks_for_rights_that_grew_does_not_either(trapped):
    for query in (look.ROLES, look.IN_A_DATABASE):
        found = dict(trapped.say(f"{look.GUARDED}{query}"))
        assert "role postgres" in found and "role writer" in found
    assert trapped.sprung() == set()


@pytest.mark.parametrize("careful", [False, True])
def test_the_log_has_no_password_that_the_role_sets(victim, careful):
    """In a statement that fails, and in one of a server that writes all of them."""
    victim.say("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    victim.say("ALTER SYSTEM SET log_min_duration_statement = 0", "SELECT pg_reload_conf()")
    wait_for(lambda: victim.say("SHOW log_min_duration_statement") == [("0",)], 10, "the reload")
    options = administrator() if careful else {}
    victim.say("ALTER ROLE writer PASSWORD 'set-by-us'", **options)
    with pytest.raises(psycopg2.errors.DuplicateObject):
        victim.say("CREATE USER writer PASSWORD 'not-set-by-us'", **options)
    written = victim.servers.log("pg-main", lines=100_000)
    assert 'role "writer" already exists' in written
    assert [text in written for text in ("'set-by-us'", "'not-set-by-us'")] == [not careful] * 2


def rendered(role, template, **variables):
    files = ROLES / role / "files"
    environment = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.globals["lookup"] = lambda _plugin, name: (files / name).read_text()
    environment.filters["hash"] = lambda text, kind: hashlib.new(kind, text.encode()).hexdigest()
    return environment.from_string((ROLES / role / "templates" / template).read_text()).render(variables)


POOLER = {
    "role": "pgbouncer",
    "_pgbouncer_lookup_body": "SELECT rolname::text, rolpassword FROM pg_catalog.pg_authid WHERE rolname = user_name",
    "postgres_pooler_role": "pooler",
    "_pgbouncer_owner": "writer",
    "_pgbouncer_database": "victim",
}
DUMP = {
    "role": "s3_backup",
    "_s3_backup_role": "dump",
    "postgres_client_role": "clients",
    "item": {"item": "victim"},
}
CREATIONS = {
    "pgbouncer": (POOLER, "lookup", "get_auth(user_name text) RETURNS TABLE (username text, password text)", "text"),
    "s3_backup": (DUMP, "dump_role", "environment_roles() RETURNS SETOF json", ""),
}


def create(victim, variables, template):
    victim.say(rendered(template=f"{template}.sql.j2", **variables), **administrator())


def is_current(victim, variables, template):
    rows = victim.say(rendered(template=f"{template}_state.sql.j2", **variables), **administrator())
    return rows[0][0]


@pytest.mark.parametrize("schema", CREATIONS)
def test_what_is_created_is_ours_and_stays_so(trapped, schema):
    variables, template, _function, arguments = CREATIONS[schema]
    assert not is_current(trapped, variables, template)
    for _run in range(2):
        create(trapped, variables, template)
        assert is_current(trapped, variables, template)
    assert trapped.sprung() == set()
    name = {"pgbouncer": "get_auth", "s3_backup": "environment_roles"}[schema]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        trapped.say(f"CREATE FUNCTION {schema}.other() RETURNS int LANGUAGE sql AS 'SELECT 1'", user="writer")
    trapped.say(f"ALTER FUNCTION {schema}.{name}({arguments}) OWNER TO writer", **administrator())
    assert not is_current(trapped, variables, template), "its owner is compared"
    create(trapped, variables, template)
    assert is_current(trapped, variables, template)


@pytest.mark.parametrize("schema", CREATIONS)
def test_a_schema_that_the_owner_made_first_is_refused(victim, schema):
    """With the function in it, as the owner's: CREATE OR REPLACE would keep it so."""
    variables, template, function, _arguments = CREATIONS[schema]
    victim.say(*database.made_first(schema, function), user="writer")
    assert not is_current(victim, variables, template)
    with pytest.raises(psycopg2.errors.RaiseException, match=f"the schema {schema} of the database victim belongs to"):
        create(victim, variables, template)
    assert not is_current(victim, variables, template)
    owner = "SELECT nspowner::regrole::text FROM pg_catalog.pg_namespace WHERE nspname = '{}'"
    assert victim.say(owner.format(schema)) == [("writer",)], "nothing was changed"
