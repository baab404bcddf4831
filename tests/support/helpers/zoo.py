# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zoo: one database, "shop" of the role "shop", with one of everything that PostgreSQL lets people keep in one; and an ordinary one."""

from __future__ import annotations

import re

SCHEMA = 'Odd " näme 🐘.x'
TABLE = "a.b 'c \\ d\n=e"
KEEPER = "Odd \" kéeper's 🐘"
# As SQL has them.
_SCHEMA, _TABLE, _KEEPER = ('"' + name.replace('"', '""') + '"' for name in (SCHEMA, TABLE, KEEPER))
ODD = f"{_SCHEMA}.{_TABLE}"

# Pieces of it that an ordinary database has too.
_SHOP = [
    "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 5) PRIMARY KEY, owner text DEFAULT 'shop', "
    "total numeric(10, 2))",
    "INSERT INTO orders (total) SELECT g FROM generate_series(1, 100) g",
    # Nobody sees a row of it, its owner neither.
    "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE orders FORCE ROW LEVEL SECURITY",
    "CREATE POLICY none ON orders USING (false)",
    "CREATE UNLOGGED TABLE sessions AS SELECT g AS id FROM generate_series(1, 10) g",
    "CREATE TABLE pictures (id int, object oid)",
    "INSERT INTO pictures SELECT g, lo_from_bytea(0, decode(repeat(md5(g::text), 1000), 'hex')) FROM generate_series(1, 20) g",
]
_MEASURED = [
    "CREATE TABLE measured (at date, v int, twice int GENERATED ALWAYS AS (v * 2) STORED) PARTITION BY RANGE (at)",
    "CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY HASH (v)",
    "CREATE TABLE measured_even PARTITION OF measured_2026 FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "CREATE TABLE measured_odd PARTITION OF measured_2026 FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "CREATE TABLE measured_else PARTITION OF measured DEFAULT",
    "CREATE UNIQUE INDEX ON measured (at, v)",
    "INSERT INTO measured SELECT '2026-01-01'::date + g, g FROM generate_series(0, 399) g",
    "CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM measured",
]
# In the schema with the odd name.
_MOODS = [
    f"CREATE TYPE {_SCHEMA}.mood AS ENUM ($$it's$$, 'so so')",
    f"ALTER TYPE {_SCHEMA}.mood ADD VALUE 'neither' BEFORE 'so so'",
    f"CREATE TABLE {ODD} (m {_SCHEMA}.mood, EXCLUDE (m WITH =))",
    f"INSERT INTO {ODD} VALUES ('neither')",
]
_NOTING = [
    "CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION noted()",
]
_FOR_ALL = [
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
    "CREATE PUBLICATION everything FOR ALL TABLES",
]
_SETTINGS = [
    "COMMENT ON DATABASE shop IS 'the shop''s \\ 🐘'",
    "ALTER DATABASE shop CONNECTION LIMIT 50",
    "ALTER ROLE shop IN DATABASE shop SET work_mem = '7MB'",
    "ALTER DATABASE shop SET search_path = ''",
    "ALTER DATABASE shop SET statement_timeout = '1h'",
]
# As the owner's own application would have made it.
_OF_THE_OWNER = [
    "ALTER SCHEMA public OWNER TO shop",
    "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p', 'm') AND "
    "relnamespace = 'public'::regnamespace LOOP EXECUTE format('ALTER TABLE %s OWNER TO shop', t); END LOOP; END $$",
]

_ROLES = [f"CREATE ROLE {_KEEPER}", f"GRANT {_KEEPER} TO shop"]
# Its settings come last: they are those of the session that makes the rest, too.
_DATABASE = [
    *_SETTINGS,
    f"GRANT CREATE ON DATABASE shop TO {_KEEPER} WITH GRANT OPTION",
    "REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC, shop",
    f"ALTER ROLE {_KEEPER} IN DATABASE shop SET search_path = 'a b', \"$user\"",
    "ALTER DATABASE shop SET idle_session_timeout = '1s'",
    "ALTER DATABASE shop SET idle_in_transaction_session_timeout = '1s'",
    "ALTER DATABASE shop SET datestyle = 'German, DMY'",
    "ALTER DATABASE shop SET bytea_output = 'escape'",
    "ALTER DATABASE shop SET app.greeting = 'it''s \\ \"here\"'",
    "ALTER DATABASE shop SET default_transaction_read_only = on",
]
_TABLES = [
    *_SHOP,
    f"CREATE POLICY {_KEEPER} ON orders AS RESTRICTIVE FOR UPDATE TO {_KEEPER} USING (total > 5) WITH CHECK (total > 6)",
    *_MEASURED,
    "CREATE TABLE animals (name text, dropped int, legs int DEFAULT 4)",
    "ALTER TABLE animals DROP COLUMN dropped",
    "CREATE TABLE birds (wings int) INHERITS (animals)",
    "INSERT INTO animals VALUES ('cat')",
    "INSERT INTO birds VALUES ('owl', 2, 2)",
    "CREATE TABLE nothing ()",
    "INSERT INTO nothing DEFAULT VALUES",
    "CREATE TABLE circle_a (id int PRIMARY KEY, b int)",
    "CREATE TABLE circle_b (id int PRIMARY KEY, a int REFERENCES circle_a DEFERRABLE INITIALLY DEFERRED)",
    "ALTER TABLE circle_a ADD FOREIGN KEY (b) REFERENCES circle_b NOT VALID",
    "INSERT INTO circle_b VALUES (1, NULL)",
    "INSERT INTO circle_a VALUES (1, 1)",
    "UPDATE circle_b SET a = 1",
    "CREATE STATISTICS tally (ndistinct) ON name, legs FROM animals",
    "ALTER TABLE animals ALTER name SET STATISTICS 77, ALTER name SET STORAGE EXTERNAL",
    "ALTER TABLE animals REPLICA IDENTITY FULL",
    "CREATE SEQUENCE countdown INCREMENT -3 MINVALUE -100 MAXVALUE 50 START 50 CYCLE",
    "SELECT nextval('countdown'), nextval('countdown')",
]
_TYPES = [
    f"CREATE SCHEMA {_SCHEMA} AUTHORIZATION {_KEEPER}",
    *_MOODS,
    "CREATE FUNCTION is_even(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 % 2 = 0'",
    "CREATE DOMAIN even AS int CHECK (public.is_even(VALUE)) DEFAULT 0",
    "CREATE TYPE pair AS (left_one even, right_one text[])",
    "CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi)",
    "CREATE TYPE shade",
    "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    "CREATE TABLE kinds (e even, p pair, s span, m datemultirange, f text COLLATE folded UNIQUE, x xml, j jsonb, b bytea, "
    'n numeric, d timestamptz, i interval, t tsvector, r regclass, g point, c "char", a int[], u float8)',
    "INSERT INTO kinds VALUES (2, '(4,\"{a,NULL,\"\"b,c\"\"}\")', '[1,2.5)', '{[2026-01-01,2026-02-01)}', 'Ähnlich', '<a>&lt;</a>', "
    "'{\"a\": [1, null, \"\\u00e9\"]}', '\\x00ff5c', 'NaN', '4713-01-01 00:00:00+00 BC', '-1 mon +2 days', 'fat:1A cat', 'orders', "
    "'(1,2)', 'x', '[0:1]={1,NULL}', '-0')",
    "INSERT INTO kinds (n, d, u) VALUES ('Infinity', 'infinity', 1e-310)",
]
_CODE = [
    *_NOTING,
    "CREATE EVENT TRIGGER sleeping ON sql_drop EXECUTE FUNCTION noted()",
    "ALTER EVENT TRIGGER sleeping DISABLE",
    # Fails wherever it runs, as what asks who is there does in another place.
    "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'refused'; END$$",
    "CREATE TRIGGER refusing BEFORE INSERT ON birds FOR EACH ROW EXECUTE FUNCTION refuses()",
    "CREATE TRIGGER idle BEFORE INSERT ON animals FOR EACH ROW EXECUTE FUNCTION refuses()",
    "ALTER TABLE animals DISABLE TRIGGER idle",
    "CREATE RULE kept AS ON DELETE TO animals DO INSTEAD NOTHING",
    "CREATE PROCEDURE tidy() LANGUAGE sql SET search_path = 'public' AS 'DELETE FROM animals'",
    "CREATE AGGREGATE product(int) (sfunc = int4mul, stype = int, initcond = 1)",
    "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)",
    "CREATE CAST (even AS text) WITH INOUT",
    "CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple)",
    "CREATE ACCESS METHOD pile TYPE TABLE HANDLER heap_tableam_handler",
    "CREATE TABLE piled (id int) USING pile",
    "CREATE VIEW cheap WITH (security_barrier) AS SELECT * FROM orders WHERE total < 5 WITH CHECK OPTION",
    "CREATE MATERIALIZED VIEW doubled AS SELECT n * 2 AS n FROM totals",
    "CREATE UNIQUE INDEX ON doubled (n)",
    "CREATE MATERIALIZED VIEW later AS SELECT 1 AS one WITH NO DATA",
]
_LARGE_OBJECTS = [
    """DO $$ DECLARE o oid := (SELECT min(object) FROM pictures); BEGIN
        EXECUTE format('ALTER LARGE OBJECT %s OWNER TO shop', o);
        EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO clients', o);
        EXECUTE format('COMMENT ON LARGE OBJECT %s IS ''an owl''', o); END $$""",
    "SELECT lo_create(0)",
]
_EXTENSIONS = [
    "CREATE EXTENSION hstore",
    "CREATE SCHEMA tools",
    "CREATE EXTENSION citext SCHEMA tools",
    "CREATE EXTENSION pg_trgm SCHEMA tools",
    "REVOKE EXECUTE ON FUNCTION tools.show_trgm(text) FROM PUBLIC",
    "CREATE TABLE labels (name tools.citext PRIMARY KEY, marks hstore)",
    "INSERT INTO labels VALUES ('Cat', 'a=>1, \"b c\"=>NULL')",
    "CREATE INDEX ON labels USING gin ((name::text) tools.gin_trgm_ops)",
    "CREATE FOREIGN DATA WRAPPER elsewhere",
    "CREATE SERVER archive FOREIGN DATA WRAPPER elsewhere OPTIONS (host 'h')",
    "CREATE TABLE seen (at date) PARTITION BY LIST (at)",
    "CREATE FOREIGN TABLE seen_elsewhere PARTITION OF seen DEFAULT SERVER archive OPTIONS (t 'seen')",
]
_PRIVILEGES = [
    *_FOR_ALL,
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {_KEEPER} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    f"GRANT UPDATE (total), SELECT ON orders TO {_KEEPER} WITH GRANT OPTION",
    f"SET ROLE {_KEEPER}; GRANT SELECT ON public.orders TO clients; RESET ROLE",
    "REVOKE ALL ON countdown FROM postgres",
    "COMMENT ON COLUMN orders.total IS E'two\\nlines -- \\\\.'",
    f"COMMENT ON POLICY {_KEEPER} ON orders IS 'it''s'",
    "CREATE PUBLICATION chosen FOR TABLE ONLY animals (name) WHERE (legs > 2) WITH (publish = 'insert')",
    *_OF_THE_OWNER,
]
ZOO = [*_ROLES, *_TABLES, *_TYPES, *_CODE, *_LARGE_OBJECTS, *_EXTENSIONS, *_PRIVILEGES, *_DATABASE]
# An environment's database, as most are.
ORDINARY = [*_SHOP, f"CREATE SCHEMA {_SCHEMA}", *_MOODS, *_MEASURED, *_FOR_ALL, *_NOTING, *_SETTINGS, *_OF_THE_OWNER]
# What of it is an administrator's.
AS_SUPERUSER = ["--as-superuser=owner:postgres", "--as-superuser=event_trigger:noting"]
# Options of a restore that leaves nothing of a zoo out: much of it only a superuser may make, such as what another role granted.
WHOLE = ["--as-superuser=everything"]
# Memberships in roles of others, which are not restored.
MEMBERSHIPS = ["the membership of shop in clients", f"the membership of shop in {KEEPER}"]
# What the role that dumps is not told, so that no backup holds it.
UNTOLD = [
    "CREATE USER MAPPING FOR shop SERVER archive OPTIONS (password 'secret')",
    "CREATE USER MAPPING FOR PUBLIC SERVER archive OPTIONS (password 'secret')",
    "CREATE SUBSCRIPTION news CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false)",
]
NAMED = [
    "the subscription news",
    "options of the user mapping of shop for the server archive",
    "options of the user mapping of public for the server archive",
]


def without_the_untold(content: str) -> str:
    """What is left of a database's content in a backup of it."""
    content = re.sub(r"(USER MAPPING FOR \S+ SERVER archive) OPTIONS \([^)]*\);", r"\1;", content)
    return re.sub(r"(CREATE|ALTER) SUBSCRIPTION [^;]*;\n*", "", content)


def comparable(dump: str, database: str) -> str:
    """What pg_dump wrote of a database, without what names it or the moment."""
    lines = [line for line in dump.splitlines() if not line.startswith(("--", "\\restrict", "\\unrestrict"))]
    return re.sub(rf"(DATABASE |connect ){database}\b", r"\1NAME", "\n".join(lines))
