# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dump runs while it is loaded gets no further than who owns the database does."""

from __future__ import annotations

import pytest

# Quietly, so that nothing fails: the loading role is left, a program is run, a role is made.
ATTACK = """
CREATE FUNCTION {name}_attack() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''echo {name} >> {marker}'''; EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN EXECUTE 'CREATE ROLE {name} SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
END $$;
CREATE FUNCTION {name}(int) RETURNS {result} LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN PERFORM public.{name}_attack(); RETURN {value}; END $$"""
WAYS = {
    "by_check": ("bool", "true", "CREATE TABLE {name} AS SELECT 1 AS id; ALTER TABLE {name} ADD CHECK ({name}(id))"),
    "by_domain": (
        "bool",
        "true",
        "CREATE DOMAIN {name}_of AS int CHECK ({name}(VALUE)); CREATE TABLE {name} AS SELECT 1::{name}_of",
    ),
    "by_column": (
        "int",
        "1",
        "CREATE TABLE {name} (id int, g int GENERATED ALWAYS AS ({name}(id)) STORED); INSERT INTO {name} VALUES (1)",
    ),
    "by_index": ("int", "1", "CREATE TABLE {name} AS SELECT 1 AS id; CREATE INDEX ON {name} ({name}(id))"),
    "by_view": ("int", "1", "CREATE MATERIALIZED VIEW {name} AS SELECT {name}(1)"),
    "by_partition": (
        "int",
        "1",
        "CREATE TABLE {name} (id int) PARTITION BY RANGE ({name}(id)); CREATE TABLE {name}_1 PARTITION OF {name} "
        "FOR VALUES FROM (0) TO (9); INSERT INTO {name} VALUES (1)",
    ),
}


@pytest.fixture
def marker(site):
    return site.directory / "marker"


@pytest.fixture
def hostile(site, marker):
    for name, (result, value, statement) in WAYS.items():
        site.make(ATTACK.format(name=name, result=result, value=value, marker=marker), statement.format(name=name))
    site.back_up()
    # Whoever made it here could become a superuser again.
    marker.unlink()
    site.say(*(f"DROP ROLE {name}" for name in made_roles(site)))
    return site


@pytest.fixture
def forge(site):
    """A function that makes a backup in which a part of the dump was replaced."""

    def make(old, new):
        assert len(new) <= len(old)
        change = (
            "import sys; old, new = open('$here/old', 'rb').read(), open('$here/new', 'rb').read(); "
            "text = sys.stdin.buffer.read(); assert old in text; sys.stdout.buffer.write(text.replace(old, new))"
        )
        programs = site.with_program(
            "pg_dump", f'case "$*" in *--version*) exec $real "$@";; esac\n$real "$@" | python3 -c "{change}"'
        )
        (programs / "old").write_text(old)
        (programs / "new").write_text(new.ljust(len(old)))
        return site.back_up(source={"binaries": str(programs)})

    return make


def made_roles(site):
    return [name for (name,) in site.say("SELECT rolname FROM pg_roles WHERE rolname LIKE 'by\\_%' ORDER BY 1")]


def test_what_runs_while_it_is_loaded_is_no_superuser(hostile, marker):
    hostile.good("restore", "--into=copy")
    assert (marker.exists(), made_roles(hostile)) == (False, [])
    assert hostile.content("copy") == hostile.content("shop")
    # So the dump is what it is said to be.
    hostile.good("restore", "--into=trusted", "--as-superuser=everything")
    assert set(marker.read_text().split()) >= {"by_check", "by_domain", "by_column", "by_partition"}
    assert "by_check" in made_roles(hostile)


def test_what_needs_more_fails_by_name_and_leaves_nothing(site, marker):
    function = "CREATE OR REPLACE FUNCTION attack() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN %s RETURN true; END $$"
    site.make(function % "", "CREATE TABLE orders (id int CHECK (attack()))", "INSERT INTO orders VALUES (1)")
    site.make(function % f"COPY (SELECT 1) TO PROGRAM 'touch {marker}';")
    site.back_up()
    code, answer = site.command("restore", "--into=copy")
    assert code == 1
    for word in ("orders", "external program", "attack()", "a member of shop", "--as-superuser=everything"):
        assert word in answer["message"]
    assert not marker.exists()
    assert site.databases() == {"shop"}
    assert site.say("SELECT rolname FROM pg_roles WHERE rolname LIKE 'restore%'") == []


def test_an_extension_is_only_called_that(site, forge, marker):
    schema = "x" * 60
    site.say(f"CREATE SCHEMA {schema} AUTHORIZATION shop", f"CREATE EXTENSION hstore SCHEMA {schema}")
    forge(
        f"CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA {schema};",
        f"COPY (SELECT 1) TO PROGRAM 'touch {marker}';",
    )
    code, answer = site.command("restore", "--into=copy")
    assert code == 1
    assert "Command was: COPY (SELECT 1) TO PROGRAM" in answer["message"]
    assert not marker.exists()


def test_functions_of_administrators_are_those_that_the_server_has(site, forge):
    """Else a dump would say what those see who ask for passwords."""
    forge("FROM pg_authid r JOIN own", "FROM pg_roles r JOIN own")
    answer = site.good("restore", "--into=copy")
    assert answer["left_out"] == []
    assert site.content("copy") == site.content("shop")


def test_what_only_a_superuser_may_load_is_left_out_unless_named(site):
    site.make("CREATE TABLE orders AS SELECT generate_series(1, 10) AS id")
    site.say(
        "CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "ALTER FUNCTION noted() OWNER TO shop",
        "CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION noted()",
        "COMMENT ON EVENT TRIGGER noting IS 'it notes'",
        "CREATE SCHEMA tools",
        "CREATE TABLE tools.used (id int)",
        "CREATE EXTENSION pageinspect SCHEMA tools",
        "CREATE EXTENSION hstore",
        "CREATE TABLE audit AS SELECT generate_series(1, 5) AS id",
        "GRANT SELECT ON audit TO shop",
    )
    site.back_up()
    words = ["extension:pageinspect", "owner:postgres", "event_trigger:noting"]
    plan = site.good("restore", "--check", "--into=copy")["plan"]
    for word in words:
        assert f"leave out {word}, which only a superuser may load: --as-superuser={word}" in plan
    answer = site.good("restore", "--into=copy")
    assert sorted(answer["left_out"]) == sorted(words)
    assert site.say("SELECT evtname FROM pg_event_trigger", database="copy") == []
    assert site.say("SELECT extname FROM pg_extension ORDER BY 1", database="copy") == [("hstore",), ("plpgsql",)]
    assert site.say("SELECT to_regclass('public.audit') IS NULL", database="copy") == [(True,)]
    answer = site.good("restore", "--into=other", *(f"--as-superuser={word}" for word in words))
    assert answer["left_out"] == []
    assert site.content("other") == site.content("shop")
    code, answer = site.command("restore", "--into=none", "--as-superuser=extension:postgis")
    assert (code, "expected one of" in answer["message"], "extension:pageinspect" in answer["message"]) == (
        3,
        True,
        True,
    )


def test_the_loading_role_reaches_what_the_owner_reaches(site):
    """A member of the owner that reaches more is none of its groups."""
    site.say(
        "CREATE ROLE report",
        "GRANT shop TO report",
        "CREATE ROLE neighbour_owner",
        "CREATE ROLE wide",
        "GRANT shop, neighbour_owner TO wide",
        database="postgres",
    )
    site.say("CREATE TABLE of_report (id int)", "ALTER TABLE of_report OWNER TO report")
    site.say("CREATE TABLE of_wide (id int)", "ALTER TABLE of_wide OWNER TO wide")
    site.back_up()
    answer = site.good("restore", "--into=copy")
    assert answer["left_out"] == ["owner:wide"]
    owner = "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'of_report'"
    assert site.say(owner, database="copy") == [("report",)]


def test_a_database_of_a_superuser_is_loaded_by_one_only_if_said(site):
    site.say("ALTER DATABASE shop OWNER TO postgres", database="postgres")
    site.back_up()
    code, answer = site.command("restore", "--into=copy")
    assert (code, "shop belongs to postgres, which is a superuser" in answer["message"]) == (3, True)
    site.good("restore", "--into=copy", "--as-superuser=everything")
    assert site.content("copy") == site.content("shop")
