# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PostgreSQL lets people keep in a database is backed up, proven and restored: equal, or without what the manifest names."""

from __future__ import annotations

import pytest
from support.helpers.dump_role import let_it_dump
from support.helpers.zoo import MEMBERSHIPS, NAMED, UNTOLD, WHOLE, ZOO, without_the_untold

TABLES, AT_ONCE = 3000, 100
MANY = [
    "CREATE SCHEMA many AUTHORIZATION shop",
    *(
        f"""DO $$ BEGIN FOR n IN {first}..{first + AT_ONCE - 1} LOOP
            EXECUTE format('CREATE TABLE many.t%s (id int PRIMARY KEY, v text DEFAULT %L)', n, n);
            EXECUTE format('INSERT INTO many.t%s VALUES (%s)', n, n); END LOOP; END $$"""
        for first in range(0, TABLES, AT_ONCE)
    ),
]
# No compression makes it small in memory: pg_dump writes it as text, twice as long.
HUGE_BYTES = 64 * 3_276_800
HUGE = [
    "CREATE TABLE huge (b bytea)",
    "ALTER TABLE huge ALTER b SET STORAGE EXTERNAL",
    "INSERT INTO huge SELECT string_agg(sha512(int4send(g)), '') FROM generate_series(1, 3276800) g",
]
ICU = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE'"


def lines(content):
    return [line for line in content.splitlines() if line]


def test_a_zoo_of_3000_tables_and_a_row_of_200_mb_is_restored_as_it_was_or_as_it_was_named(make_site):
    site = make_site(ICU)
    site.patience = 1200
    since_17 = [
        "ALTER DATABASE shop SET transaction_timeout = '1s'",
        "GRANT MAINTAIN ON orders TO clients",
    ]
    site.say(*MANY, *HUGE, *ZOO, *UNTOLD, *(since_17 if site.servers.base.version >= 17 else []))
    made = site.back_up()
    assert made["warnings"] == []
    assert made["omissions"] == [*NAMED, *MEMBERSHIPS]
    assert made["tables"] | {"public.huge": 1, "many.t2999": 1} == made["tables"]
    assert made["large_objects"]["number"] == 21
    (drilled,) = site.good("drill")["drills"]
    assert drilled["rows"] == sum(made["tables"].values())
    site.good("restore", "--into=copy", *WHOLE)
    but_huge = "--exclude-table-data=public.huge"
    shop = without_the_untold(site.content("shop", but_huge))
    assert "SUBSCRIPTION" not in shop
    assert lines(site.content("copy", but_huge)) == lines(shop)
    sizes = {name: site.say("SELECT length(b), md5(b) FROM public.huge", database=name) for name in ("shop", "copy")}
    assert sizes["shop"][0][0] == HUGE_BYTES
    assert sizes["copy"] == sizes["shop"]


def test_what_a_database_has_for_each_login_changes_and_hinders_nothing(make_site, base):
    if base.version < 17:
        pytest.skip("PostgreSQL 17 brought event triggers on login")
    site = make_site("TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")
    site.say(
        "CREATE TABLE visits (at timestamptz)",
        "CREATE FUNCTION visited() RETURNS event_trigger SECURITY DEFINER LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO public.visits VALUES (now()); END'",
        "CREATE EVENT TRIGGER visiting ON login EXECUTE FUNCTION visited()",
        "ALTER EVENT TRIGGER visiting ENABLE ALWAYS",
    )
    made = site.back_up()
    assert site.good("drill")["drills"][0]["rows"] == made["tables"]["public.visits"]
    assert site.good("restore", "--into=copy", *WHOLE)["rows"] == made["tables"]["public.visits"]
    assert site.say("SELECT datlocprovider FROM pg_database WHERE datname = 'copy'") == [("b",)]


def test_a_database_of_any_name_is_backed_up_and_restored(make_site):
    site = make_site()
    odd = "Odd = 'nämé' / 🐘 %s"
    site.say(f'CREATE DATABASE "{odd}" OWNER shop', database="postgres")
    let_it_dump(site, odd)
    site.say("SET ROLE shop", "CREATE TABLE orders AS SELECT generate_series(1, 9) AS id", database=odd)
    site.settings["databases"] = [odd]
    site.back_up()
    assert site.good("drill")["drills"][0]["rows"] == 9
    site.good("restore", f"--into={odd} again")
    assert site.say("SELECT count(*) FROM orders", database=f"{odd} again") == [(9,)]
    site.good("restore", f"--overwrite-name={odd}")
    assert site.say("SELECT count(*) FROM orders", database=odd) == [(9,)]
