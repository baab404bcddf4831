# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ordinary database holds arrives, is restored and is the same; what a backup is without is named."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys, manifest
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.digest import Digest

ZOO = [
    "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text DEFAULT 'shop', total numeric(10, 2))",
    "INSERT INTO orders (total) SELECT g FROM generate_series(1, 100) g",
    # Nobody sees a row of it, its owner neither.
    "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE orders FORCE ROW LEVEL SECURITY",
    "CREATE POLICY none ON orders USING (false)",
    "CREATE TABLE pictures (id int, object oid)",
    "INSERT INTO pictures SELECT g, lo_from_bytea(0, decode(repeat(md5(g::text), 1000), 'hex')) FROM generate_series(1, 20) g",
    'CREATE SCHEMA "Odd "" näme 🐘"',
    'CREATE TYPE "Odd "" näme 🐘".mood AS ENUM ($$it\'s$$, \'so so\')',
    'CREATE TABLE "Odd "" näme 🐘"."a.b \'c" (m "Odd "" näme 🐘".mood, EXCLUDE (m WITH =))',
    "CREATE TABLE measured (at date, v int, twice int GENERATED ALWAYS AS (v * 2) STORED) PARTITION BY RANGE (at)",
    "CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "INSERT INTO measured SELECT '2026-01-01'::date + g, g FROM generate_series(0, 99) g",
    "CREATE UNLOGGED TABLE sessions AS SELECT g AS id FROM generate_series(1, 10) g",
    "CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM measured",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
    "CREATE PUBLICATION everything FOR ALL TABLES",
    "CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION noted()",
    "COMMENT ON DATABASE shop IS 'the shop''s'",
    "ALTER DATABASE shop SET search_path = ''",
    "ALTER DATABASE shop SET statement_timeout = '1h'",
    "ALTER ROLE shop IN DATABASE shop SET work_mem = '7MB'",
    "ALTER DATABASE shop CONNECTION LIMIT 50",
    "ALTER SCHEMA public OWNER TO shop",
    "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p', 'm') AND "
    "relnamespace = 'public'::regnamespace LOOP EXECUTE format('ALTER TABLE %s OWNER TO shop', t); END LOOP; END $$",
]
FOREIGN = [
    "CREATE FOREIGN DATA WRAPPER elsewhere",
    "CREATE SERVER archive FOREIGN DATA WRAPPER elsewhere",
    "CREATE USER MAPPING FOR shop SERVER archive OPTIONS (password 'secret')",
    "CREATE SUBSCRIPTION news CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false)",
]


def test_a_zoo_comes_back_as_it_was(site):
    site.say(*ZOO)
    made = site.back_up()
    assert made["large_objects"] == {"number": 20, "bytes": 20 * 16000}
    assert made["tables"]["public.orders"] == 100
    assert made["warnings"] == []
    assert made["omissions"] == ["the membership of shop in clients"]
    (drilled,) = site.good("drill")["drills"]
    assert drilled["rows"] == sum(made["tables"].values())
    restored = site.good("restore", "--into=copy")
    assert restored["database"] == "copy"
    assert site.content("copy") == site.content("shop")
    (listed,) = site.good("list")["backups"]
    assert listed["state"] == "verified"


def test_what_the_role_is_not_told_is_named(site):
    site.say(*FOREIGN)
    made = site.back_up(source={"exclude_table_data": ["audit.*"]})
    assert made["omissions"] == [
        "the subscription news",
        "options of the user mapping of shop for the server archive",
        "the membership of shop in clients",
    ]
    # pg_dump's own words, at exit code 0.
    assert any("subscriptions not dumped" in warning for warning in made["warnings"])
    assert made["warnings"][-1] == "no table matches audit.*"
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
    made = site.back_up(source={"exclude_table_data": ["public.measured_*", "*.a.b 'c"]})
    assert made["tables"]["public.measured_2026"] == 0
    assert made["omissions"][-2:] == ["the rows of Odd \" näme 🐘.a.b 'c", "the rows of public.measured_2026"]
    site.good("restore", "--into=copy")
    assert site.say("SELECT count(*) FROM public.measured", database="copy") == [(0,)]
    assert site.say("SELECT count(*) FROM public.orders", database="copy") == [(100,)]


@pytest.mark.parametrize("option", ["--jobs=2", "--table=public.orders"])
def test_what_needs_files_is_unpacked_first_and_removed(site, option):
    site.say(*ZOO)
    site.back_up()
    site.good("restore", "--into=copy", option)
    assert site.say("SELECT count(*) FROM public.orders", database="copy") == [(100,)]
    assert list((site.directory / "work").iterdir()) == []


def test_counting_holds_few_locks(make_site):
    """All together would need 800, of which the server has some 300."""
    site = make_site(max_connections=20, max_locks_per_transaction=10, max_prepared_transactions=0)
    for number in range(80):
        indexes = "; ".join(f"CREATE INDEX ON t{number} ((id + {more}))" for more in range(9))
        site.say(f"CREATE TABLE t{number} (id int); {indexes}")
    assert len(site.back_up()["tables"]) == 80


@pytest.mark.parametrize("mode", ["stream", "directory"])
def test_backups_of_earlier_releases_are_listed_and_restored(site, tmp_path, mode):
    """As they lie in buckets: format 1, without what was counted, named or measured since."""
    site.say("CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1000) g")
    made = site.back_up()
    store = site.store.open()
    directory = keys.backup_directory(site.settings["prefix"], made["system_identifier"], "shop", made["id"])
    new = ("database_bytes", "large_objects", "omissions", "warnings", "checksum")
    document = {name: value for name, value in made.items() if name not in new} | {"format": 1, "mode": mode}
    for name in ("role_settings", "comment", "tablespaces"):
        del document["database_properties"][name]
    if mode == "directory":
        site.dump("--format=directory", f"--file={tmp_path / 'dump'}", "--compress=1")
        document["objects"] = [entry for entry in document["objects"] if entry["name"].startswith("roles")]
        for path in (tmp_path / "dump").iterdir():
            content = Digest()
            content(path.read_bytes())
            store.put(f"{directory}dump/{path.name}", path.read_bytes())
            document["objects"] += manifest.entries([(f"dump/{path.name}", content)], content)
    store.put(directory + keys.MANIFEST, manifest.seal(document))
    (listed,) = site.good("list")["backups"]
    assert listed["state"] == "good"
    site.good("restore", "--into=copy")
    assert site.say("SELECT count(*) FROM orders", database="copy") == [(1000,)]
    assert site.good("drill")["drills"][0]["rows"] == 1000
