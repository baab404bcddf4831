# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill's dump is loaded by a process that was given nothing else, and whatever it does there, the drill ends and leaves nothing."""

from __future__ import annotations

import subprocess

import pytest
from support.helpers.backup_here import finish
from support.helpers.servers_base import wait_for

# What runs a dump's code in the scratch server, whose superuser loads it, and nowhere before.
FUNCTIONS = """
CREATE FUNCTION act() RETURNS void LANGUAGE plpgsql AS
  $attack$ BEGIN IF current_setting('is_superuser') = 'on' THEN {statement}; END IF; END $attack$;
CREATE FUNCTION attack(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
  $attack$ BEGIN PERFORM public.act(); RETURN true; END $attack$"""
WAYS = {
    "check": "ALTER TABLE orders ADD CHECK (public.attack(id))",
    "domain": "CREATE DOMAIN attacked AS int CHECK (public.attack(VALUE)); ALTER TABLE orders ADD d attacked DEFAULT 1",
    "column": "ALTER TABLE orders ADD g bool GENERATED ALWAYS AS (public.attack(id)) STORED",
    "partition": "CREATE TABLE parts (id int) PARTITION BY LIST (public.attack(id)); "
    "CREATE TABLE part PARTITION OF parts FOR VALUES IN (true); INSERT INTO parts VALUES (1)",
}


@pytest.fixture
def make_hostile(site):
    """A function that makes a backup which runs a statement while it is loaded by a superuser."""

    def make(statement, way="check"):
        site.make(
            "CREATE TABLE orders AS SELECT 1 AS id", FUNCTIONS.format(statement=statement), *WAYS[way].split("; ")
        )
        return site.back_up()

    return make


def running(command):
    """The statement that runs a shell command. To one that ends before it has read, COPY answers "Broken pipe" now and then."""
    return f"COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; {command}'"


def scratch(site):
    return [path.name for path in (site.directory / "scratch").iterdir()]


def assert_next_drill_is_good(site):
    site.make("CREATE OR REPLACE FUNCTION attack(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'")
    site.back_up()
    assert site.good("drill")["drills"][0]["rows"] == 1
    assert scratch(site) == []


@pytest.mark.parametrize("way", WAYS)
def test_what_a_dump_runs_descends_from_nothing_that_decrypts(site, make_hostile, monkeypatch, way):
    seen = site.directory / "seen"
    make_hostile(running(f"env >{seen}; ls -l /proc/self/fd >>{seen}"), way)
    monkeypatch.setenv("AGE_IDENTITY", "of the drill")
    site.good("drill")
    words = seen.read_text()
    assert "LOADER=here" in words, "it ran, as a child of what loads"
    for secret in ("AGE_IDENTITY", "credential.json", "drill.json"):
        assert secret not in words
    assert scratch(site) == []


def test_what_a_dump_says_is_the_drills_failure(site, make_hostile):
    made = make_hostile("RAISE EXCEPTION E'so\\tand so'")
    code, answer = site.command("drill")
    assert code == 1
    assert 'pg_restore: error: COPY failed for table "orders": ERROR:  so and so' in answer["message"]
    (listed,) = site.good("list")["backups"]
    assert (listed["id"], listed["state"]) == (made["id"], "good"), "it is not called damaged"
    assert scratch(site) == []
    assert_next_drill_is_good(site)


def test_a_dump_that_never_ends_its_restore_is_given_up(site, make_hostile):
    make_hostile("PERFORM pg_sleep(600)")
    code, answer = site.command("drill", drill={"time_limit": 4})
    assert (code, "not restored within 4 s" in answer["message"]) == (1, True)
    assert site.loader.wait(30) == 0
    assert scratch(site) == []
    assert_next_drill_is_good(site)


@pytest.mark.parametrize("killed", ["drill", "loader"])
def test_a_drill_that_is_killed_hinders_no_other(site, make_hostile, killed):
    make_hostile(running(f"touch {site.directory}/begun") + "; PERFORM pg_sleep(600)")
    process = site.start("drill")
    wait_for((site.directory / "begun").exists, 60, "the dump's code")
    # What loads has programs, which systemd ends with it. All of them name its directory.
    if killed == "loader":
        subprocess.run(["pkill", "-KILL", "-f", f"{site.directory}/scratch"], check=True)
    else:
        process.kill()
    if killed == "drill":
        assert site.loader.wait(30) == 0, "nobody waits for it any more"
        assert scratch(site) == []
        process.communicate()
    else:
        code, answer = finish(process)
        assert (code, "ended without an answer" in answer["message"]) == (1, True)
    assert_next_drill_is_good(site)


def test_without_the_socket_the_drill_says_what_to_do(site):
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    site.back_up()
    for path, words in ((None, "drill.socket is missing"), (str(site.directory / "none.sock"), "cannot connect to")):
        code, answer = site.command("drill", drill={"socket": path})
        assert code in (1, 2)
        assert words in answer["message"] and "converge the environment" in answer["message"]
        code, answer = site.command("check", "--job=drill", drill={"socket": path})
        assert (code, "there is no " in answer["message"]) == (2, True)


def test_an_index_that_cannot_be_checked_condemns_no_backup(site):
    """pg_amcheck gives the same exit code for a statement that fails as for corruption."""
    site.make(
        "CREATE TABLE orders AS SELECT 1 AS id",
        "CREATE FUNCTION fails(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
        "IF current_setting('application_name') IN ('pg_amcheck', 's3_backup') THEN RAISE EXCEPTION 'not now'; END IF; RETURN $1; END $$",
        "CREATE INDEX failing ON orders (public.fails(id))",
    )
    site.back_up()
    code, answer = site.command("drill")
    assert (
        code,
        "says nothing against the backup: index public.failing: PostgreSQL: not now" in answer["message"],
    ) == (
        1,
        True,
    )
    (listed,) = site.good("list")["backups"]
    assert listed["state"] == "good"
