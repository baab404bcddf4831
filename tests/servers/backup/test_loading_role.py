# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that loads a dump is whose the database is, reaches no further, and goes whatever the dump did with it."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import role
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore.target import Server

# As a restore names its role and its database.
OTHER = "restore_0123456789abcdef"
FUNCTION = "CREATE OR REPLACE FUNCTION {}() RETURNS bool LANGUAGE plpgsql AS $f$ BEGIN {} RETURN true; END $f$"


def of_restores(site):
    return [name for (name,) in site.say("SELECT rolname FROM pg_roles WHERE rolname LIKE 'restore\\_%'")]


def check_by(site, *functions):
    """Makes a table for each function, which its check calls while it is loaded; in the order of their names."""
    for name in functions:
        site.make(
            FUNCTION.format(name, ""),
            f"CREATE TABLE {name} (id int CHECK ({name}()))",
            f"INSERT INTO {name} VALUES (1)",
        )


def test_it_goes_although_it_was_given_something_elsewhere(site):
    check_by(site, "a_grants", "b_fails")
    statements = "GRANT CONNECT ON DATABASE shop TO %1$I; ALTER ROLE %1$I PASSWORD ''x''"
    site.make(FUNCTION.format("a_grants", f"EXECUTE format('{statements}', current_user);"))
    site.back_up()
    site.good("restore", "--into=copy")
    assert of_restores(site) == []
    site.make(FUNCTION.format("b_fails", "RAISE 'it is broken';"))
    site.back_up()
    code, answer = site.command("restore", "--into=other")
    assert (code, "it is broken" in answer["message"]) == (1, True)
    assert of_restores(site) == []
    assert site.databases() == {"shop", "copy"}


def test_it_goes_whatever_was_done_to_the_database(site):
    check_by(site, "a_alters", "b_fails")
    statements = "COMMENT ON DATABASE %1$I IS NULL; ALTER DATABASE %1$I IS_TEMPLATE true"
    site.make(FUNCTION.format("a_alters", f"EXECUTE format('{statements}', current_database());"))
    site.make(FUNCTION.format("b_fails", "RAISE 'it is broken';"))
    site.back_up()
    code, answer = site.command("restore", "--into=copy")
    assert (code, "it is broken" in answer["message"]) == (1, True)
    assert site.say("SELECT datname FROM pg_database WHERE datname LIKE 'restore\\_%'") == []
    assert of_restores(site) == []


def test_one_whose_database_is_gone_is_dropped_by_any_restore(site):
    site.make("CREATE TABLE orders (id int)")
    site.back_up()
    site.say(f"CREATE ROLE {OTHER} LOGIN IN ROLE shop", f"GRANT CONNECT ON DATABASE shop TO {OTHER}")
    site.make(f"GRANT SELECT ON orders TO {OTHER}")
    site.good("restore", "--into=copy")
    assert of_restores(site) == []


def test_that_of_another_restore_is_none_of_the_environments(site):
    site.say(f"CREATE DATABASE {OTHER}", f"CREATE ROLE {OTHER} LOGIN IN ROLE shop", database="postgres")
    site.say("CREATE ROLE report IN ROLE shop")
    with Server(site.settings["restore"]["conninfo"]) as server:
        assert sorted(role.owners(server, "shop")) == ["report", "shop"]


def test_a_member_that_may_do_more_is_none_of_its_groups(site):
    site.say(
        *(f"CREATE ROLE may_{word} {word} IN ROLE shop" for word in ("CREATEROLE", "REPLICATION", "CREATEDB")),
        "CREATE ROLE may_read IN ROLE shop, pg_read_server_files",
        "CREATE ROLE may_become IN ROLE shop, may_createrole",
    )
    with Server(site.settings["restore"]["conninfo"]) as server:
        # It makes databases of its own and harms no other.
        assert sorted(role.owners(server, "shop")) == ["may_createdb", "shop"]


def test_an_owner_that_may_do_more_is_refused(site):
    site.back_up()
    for give, take in (
        ("ALTER ROLE shop CREATEROLE", "ALTER ROLE shop NOCREATEROLE"),
        ("ALTER ROLE shop REPLICATION", "ALTER ROLE shop NOREPLICATION"),
        ("GRANT pg_execute_server_program TO shop", "REVOKE pg_execute_server_program FROM shop"),
    ):
        site.say(give)
        code, answer = site.command("restore", "--check", "--into=copy")
        assert (code, "shop belongs to shop, which is a superuser" in answer["message"]) == (3, True), give
        site.say(take)
    site.good("restore", "--check", "--into=copy")


def test_a_manifest_does_not_name_the_owner_of_anothers_database(site):
    site.make("CREATE TABLE orders (id int)")
    site.say("CREATE ROLE neighbour", "CREATE DATABASE neighbour OWNER neighbour", database="postgres")
    site.say("ALTER DATABASE shop OWNER TO neighbour", database="postgres")
    site.back_up()
    site.say("DROP DATABASE shop", database="postgres")
    code, answer = site.command("restore", "--into=copy")
    assert (code, "neighbour, which owns neighbour" in answer["message"]) == (3, True)
    site.say("CREATE DATABASE shop OWNER shop", database="postgres")
    site.good("restore", "--into=copy")
    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'copy'"
    assert site.say(owner, database="postgres") == [("shop",)]


def test_an_owner_makes_tables_in_the_schema_of_a_member(site):
    site.say(
        "CREATE ROLE report IN ROLE shop",
        "CREATE SCHEMA reports AUTHORIZATION report",
        "GRANT USAGE, CREATE ON SCHEMA reports TO shop",
    )
    site.make("CREATE TABLE reports.daily AS SELECT 1 AS id")
    site.back_up()
    site.good("restore", "--into=copy")
    assert site.content("copy") == site.content("shop")
