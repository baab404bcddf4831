# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore drops what is its own and nothing else, keeps what it loaded, and gives names wholly or not at all."""

from __future__ import annotations

import signal
import time

import psycopg2
import pytest
from support.helpers.backup_here import finish
from support.helpers.servers_base import wait_for

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import mark

# The beginning of a stand-in for pg_restore.
UNLESS_IT_LISTS = 'case "$*" in *--list*) exec $real "$@";; esac'


@pytest.fixture
def backed_up(site):
    site.make("CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1000) g")
    site.back_up()
    return site


@pytest.fixture
def held(backed_up):
    """A function that begins a restore and stops it where pg_restore begins; and one that lets it go on."""
    wait = "touch $here/waiting\nuntil [ -e $here/go ]; do sleep 0.05; done"
    programs = backed_up.with_program("pg_restore", f'{UNLESS_IT_LISTS}\n{wait}\nexec $real "$@"')

    def begin(*options):
        process = backed_up.start("restore", *options, source={"binaries": str(programs)})
        wait_for((programs / "waiting").exists, 30, "pg_restore")
        return process

    yield begin, (programs / "go").touch
    (programs / "go").touch()


def test_databases_of_others_stay_whatever_their_names(backed_up):
    for name in ("shop_incoming", "copy_incoming", "restore_0123456789abcdef"):
        backed_up.say(f"CREATE DATABASE {name}", database="postgres")
    backed_up.good("restore", "--into=copy")
    assert backed_up.databases() == {"shop", "copy", "shop_incoming", "copy_incoming", "restore_0123456789abcdef"}


def test_what_a_killed_restore_left_is_dropped_by_the_next_one_into_that_name(backed_up, held):
    begin, go_on = held
    process = begin("--into=copy")
    process.kill()
    go_on()
    process.communicate()
    (left,) = backed_up.databases() - {"shop"}
    backed_up.good("restore", "--into=other")
    assert backed_up.databases() == {"shop", "other", left}, "it is of another name's restore"
    assert f"{left} holds" in str(backed_up.good("restore", "--into=copy", "--check")["plan"])
    backed_up.good("restore", "--into=copy")
    assert backed_up.databases() == {"shop", "other", "copy"}


def test_two_restores_into_one_name_are_told_apart(backed_up, held):
    begin, go_on = held
    process = begin("--into=copy")
    code, answer = backed_up.command("restore", "--into=copy")
    assert (code, "another restore into copy is running" in answer["message"]) == (75, True)
    backed_up.good("restore", "--into=other")
    go_on()
    assert finish(process)[0] == 0
    assert backed_up.databases() == {"shop", "copy", "other"}


def test_a_restore_stays_alone_where_idle_sessions_are_ended(backed_up, held):
    """Its session, which has the lock, has nothing to say while pg_restore loads for hours."""
    begin, go_on = held
    backed_up.say("ALTER ROLE postgres SET idle_session_timeout = '500ms'")
    process = begin("--into=copy")
    time.sleep(1.5)
    code, answer = backed_up.command("restore", "--into=copy")
    assert (code, "another restore into copy is running" in answer["message"]) == (75, True)
    go_on()
    assert finish(process)[0] == 0


def test_what_comes_behind_rows_of_others_is_loaded_where_idle_sessions_are_ended(backed_up):
    """pg_restore says nothing to the server while it skips rows to get to an administrator's large objects."""
    backed_up.make("CREATE TABLE long AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
    backed_up.say("SELECT lo_from_bytea(4711, 'owl')")
    backed_up.back_up()
    slow = '{ head -c 300000; sleep 1.5; cat; } | $real "$@"'
    programs = backed_up.with_program("pg_restore", f"{UNLESS_IT_LISTS}\n{slow}")
    backed_up.say("ALTER SYSTEM SET idle_session_timeout = '500ms'", "SELECT pg_reload_conf()")
    backed_up.good("restore", "--into=copy", "--as-superuser=owner:postgres", source={"binaries": str(programs)})
    assert backed_up.say("SELECT convert_from(lo_get(4711), 'UTF8')", database="copy") == [("owl",)]


def test_an_empty_search_path_is_restored_as_it_was(backed_up):
    backed_up.say("ALTER DATABASE shop SET search_path = ''", database="postgres")
    backed_up.back_up()
    backed_up.good("restore", "--into=copy")
    assert backed_up.say("SHOW search_path", database="copy") == backed_up.say("SHOW search_path") == [('""',)]


def test_a_name_that_was_taken_meanwhile_keeps_what_was_loaded(backed_up, held):
    begin, go_on = held
    process = begin("--into=copy")
    backed_up.say("CREATE DATABASE copy", database="postgres")
    go_on()
    code, answer = finish(process)
    assert code == 1
    assert 'the statement was: ALTER DATABASE "restore_' in answer["message"]
    (kept,) = backed_up.databases() - {"shop", "copy"}
    assert f"What was loaded is kept as {kept}" in answer["message"]
    assert backed_up.say("SELECT count(*) FROM public.orders", database=kept) == [(1000,)]
    backed_up.say("DROP DATABASE copy", database="postgres")
    backed_up.good("restore", "--into=copy")
    assert kept in backed_up.databases(), "hours of work are not dropped by the next one"


def test_a_swap_puts_the_old_one_aside_and_closes_it(backed_up):
    backed_up.say("DELETE FROM orders")
    client = backed_up.session()
    backups = backed_up.good("list")["backups"]
    answer = backed_up.good("restore", "--overwrite-name=shop", f"--backup={backups[-1]['id']}")
    client.close()
    assert backed_up.say("SELECT count(*) FROM orders") == [(1000,)]
    assert backed_up.databases() == {"shop", answer["aside"]}
    with pytest.raises(psycopg2.OperationalError, match="not currently accepting connections"):
        backed_up.say("SELECT 1", database=answer["aside"])
    assert len(backed_up.good("list")["backups"]) == len(backups) + 1, "the one before the restore"


def test_a_swap_that_is_ended_is_done_or_undone(backed_up):
    """SIGTERM arrives while it waits for a lock on the database's row."""
    backups = backed_up.good("list")["backups"]
    blocker = backed_up.session("postgres")
    blocker.cursor().execute("COMMENT ON DATABASE shop IS 'held'; ALTER DATABASE shop CONNECTION LIMIT 7")
    process = backed_up.start("restore", "--overwrite-name=shop", f"--backup={backups[-1]['id']}")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER DATABASE%'"
    wait_for(lambda: backed_up.say(waiting, database="postgres") == [(1,)], 60, "the swap")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None
    blocker.rollback()
    blocker.close()
    code, answer = finish(process)
    assert code == 0, answer
    assert backed_up.databases() == {"shop", answer["aside"]}
    assert backed_up.say("SELECT datallowconn FROM pg_database WHERE datname = 'shop'") == [(True,)]


def test_without_room_nothing_is_begun(backed_up):
    before = backed_up.databases()
    for command, options in (("restore", ["--into=copy"]), ("drill", [])):
        code, answer = backed_up.command(
            command, *options, restore={"members": 64, "free_percent": 99}, drill={"free_percent": 99}
        )
        assert code == 3
        assert "99 % of the file system stay free. Nothing was begun: make room for" in answer["message"]
    assert backed_up.databases() == before
    assert list((backed_up.directory / "scratch").iterdir()) == []


def test_a_table_needs_no_room_for_files(backed_up):
    backed_up.good("restore", "--table=public.orders", "--into=copy", restore={"work_directory": "/proc"})
    assert backed_up.say("SELECT count(*) FROM public.orders", database="copy") == [(1000,)]


def test_marks_are_of_databases_that_are_there(backed_up, held):
    """What makes a database droppable stands on it, where its owner cannot forge it for others."""
    begin, go_on = held
    process = begin("--into=copy")
    (loading,) = backed_up.databases() - {"shop"}
    (comment,) = backed_up.say(
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{loading}'"
    )[0]
    assert mark.read(loading, comment)["state"] == mark.LOADING
    owner = f"SELECT datdba::regrole::text FROM pg_database WHERE datname = '{loading}'"
    assert backed_up.say(owner) == [("shop",)], "which may make what is in it, and harm nobody else by its mark"
    process.send_signal(signal.SIGTERM)
    go_on()
    assert finish(process)[0] == 1
    assert backed_up.databases() == {"shop"}
