# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ordinary database holds arrives, is restored and is the same; what a backup is without is named."""

from __future__ import annotations

import time

from support.helpers.backup_here import finish
from support.helpers.servers_base import wait_for
from support.helpers.zoo import AS_SUPERUSER, MEMBERSHIPS, NAMED, ODD, ORDINARY, SCHEMA, TABLE, UNTOLD, WHOLE, ZOO


def test_a_zoo_comes_back_as_it_was(site):
    site.say(*ZOO)
    made = site.back_up()
    assert made["large_objects"] == {"number": 21, "bytes": 20 * 16000}
    assert made["tables"]["public.orders"] == 100
    assert made["warnings"] == []
    assert made["omissions"] == MEMBERSHIPS
    (drilled,) = site.good("drill")["drills"]
    assert drilled["rows"] == sum(made["tables"].values())
    restored = site.good("restore", "--into=copy", *WHOLE)
    assert restored["database"] == "copy"
    assert site.content("copy") == site.content("shop")
    (listed,) = site.good("list")["backups"]
    assert listed["state"] == "verified"


def test_an_ordinary_one_comes_back_as_it_was_by_a_role_without_superuser(site):
    site.say(*ORDINARY)
    made = site.back_up()
    restored = site.good("restore", "--into=copy", *AS_SUPERUSER)
    assert (restored["rows"], restored["left_out"]) == (sum(made["tables"].values()), [])
    assert site.content("copy") == site.content("shop")


def test_what_the_role_is_not_told_is_named(site):
    site.say("CREATE FOREIGN DATA WRAPPER elsewhere", "CREATE SERVER archive FOREIGN DATA WRAPPER elsewhere", *UNTOLD)
    made = site.back_up(source={"exclude_table_data": ["audit.*"]})
    assert made["omissions"] == [*NAMED, *MEMBERSHIPS[:1]]
    # pg_dump's own words about subscriptions, at exit code 0, would tell it twice.
    assert made["warnings"] == ["no table matches audit.*"]
    (listed,) = site.good("list")["backups"]
    assert listed["note"].startswith("without the subscription news; ")
    metrics = (site.directory / "s3_backup_tests_run.prom").read_text()
    assert (
        f's3_backup_omissions{{environment="tests",database="shop"}} {len(made["omissions"] + made["warnings"])}'
        in metrics
    )
    plan = site.good("restore", "--check")["plan"]
    assert "without the subscription news, which the backup does not hold" in plan


def test_rows_that_are_not_wanted_are_left_out_and_the_table_stays(site):
    site.say(*ZOO)
    made = site.back_up(source={"exclude_table_data": ["public.measured_*", "Odd*.a.b 'c*"]})
    assert made["tables"]["public.measured_even"] == 0
    emptied = [f"{SCHEMA}.{TABLE}", *(f"public.measured_{part}" for part in ("else", "even", "odd"))]
    assert made["omissions"][-4:] == [f"the rows of {name}" for name in emptied]
    site.good("restore", "--into=copy", *WHOLE)
    assert site.say("SELECT count(*) FROM public.measured", database="copy") == [(0,)]
    assert site.say("SELECT count(*) FROM public.orders", database="copy") == [(100,)]


def test_rows_that_others_need_are_not_left_out(site):
    site.say("CREATE TABLE customers (id int PRIMARY KEY)", "CREATE TABLE orders (customer int REFERENCES customers)")
    for command in (["run"], ["check", "--job=run"]):
        code, answer = site.command(*command, source={"exclude_table_data": ["public.customers"]})
        assert code == 2
        assert "orders_customer_fkey of public.orders refers to public.customers" in answer["message"]
    site.back_up(source={"exclude_table_data": ["public.*"]})
    site.say("ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey")
    site.back_up(source={"exclude_table_data": ["public.customers"]})


def test_a_role_that_only_has_settings_in_the_database_is_known(site):
    site.say("CREATE ROLE report", "ALTER ROLE report IN DATABASE shop SET work_mem = '5MB'")
    made = site.back_up()
    assert "report" in made["roles"]["referenced"]
    site.good("drill")
    site.say("ALTER ROLE report IN DATABASE shop RESET ALL", "DROP ROLE report")
    assert "report" in site.command("restore", "--into=copy")[1]["message"]
    site.good("restore", "--into=copy", "--create-roles")


def test_tables_that_change_beside_a_backup_do_not_damage_it(site):
    site.say(*(f"CREATE TABLE t{number} AS SELECT generate_series(1, 9) AS id" for number in range(5)))
    changes = "TRUNCATE t0; DROP TABLE t1; ALTER TABLE t2 ADD x uuid DEFAULT gen_random_uuid(); "
    changes += "DROP TABLE t3; CREATE VIEW t3 AS SELECT 1"
    # As if it had ended while its rows were still being counted.
    port = site.servers.members[site.member]["port"]
    change = f'$here/psql -qX -h {site.servers.sockets} -p {port} -U postgres -d shop -c "{changes}"'
    script = f'[ "$1" = --version ] && exec $real --version\n$real "$@" >$here/dump && {change} && cat $here/dump'
    programs = site.with_program("pg_dump", script)
    made = site.back_up(source={"binaries": str(programs)})
    assert made["tables"] == {
        "public.t0": None,
        "public.t1": None,
        "public.t2": None,
        "public.t3": None,
        "public.t4": 9,
    }
    assert [text.split()[0] for text in made["warnings"]] == ["public.t0", "public.t1", "public.t2", "public.t3"]
    assert site.good("drill")["drills"][0]["rows"] == 45


def test_rows_are_counted_once_pg_dump_holds_its_locks(site):
    """What TRUNCATE removes before is neither dumped nor counted."""
    site.say("CREATE TABLE orders AS SELECT generate_series(1, 9) AS id")
    holder = site.session()
    holder.cursor().execute("LOCK TABLE orders")
    process = site.start("run")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    wait_for(lambda: site.say(waiting, database="postgres") != [(0,)], 30, "pg_dump")
    time.sleep(0.5)
    assert site.say(waiting, database="postgres") == [(1,)], "pg_dump alone"
    holder.rollback()
    holder.close()
    code, answer = finish(process)
    assert (code, answer["backups"][0]["tables"]) == (0, {"public.orders": 9})


def test_what_needs_files_is_unpacked_first_and_removed(site):
    site.say(*ZOO)
    site.back_up()
    for name, option, rows in (
        ("parallel", "--jobs=2", (100, 1)),
        ("table", "--table=public.orders", (100, 0)),
        ("odd", f"--table={SCHEMA}.{TABLE}", (0, 1)),
    ):
        site.good("restore", f"--into={name}", option, *WHOLE)
        counted = f"SELECT (SELECT count(*) FROM public.orders), (SELECT count(*) FROM {ODD})"
        assert site.say(counted, database=name) == [rows]
        assert list((site.directory / "work").iterdir()) == []


def test_counting_holds_few_locks(make_site):
    """All together would need 800, of which the server has some 300."""
    site = make_site(max_connections=20, max_locks_per_transaction=10, max_prepared_transactions=0)
    indexes = [[f"CREATE INDEX ON t{number} ((id + {more}))" for more in range(9)] for number in range(80)]
    site.say(*("; ".join([f"CREATE TABLE t{number} (id int)", *made]) for number, made in enumerate(indexes)))
    assert len(site.back_up()["tables"]) == 80
