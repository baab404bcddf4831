# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The traps of a database's owner, as SQL. Each writes a line into the server's log when it springs: read-only transactions, other
users and rolled-back statements leave it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from support.hostile.names import Names

SPRUNG = re.compile(r"LOG:  the trap (?P<trap>.+) sprang on (?P<session>\S+) as (?P<current>\S+)$", re.MULTILINE)
SPRING = """
CREATE FUNCTION trap.spring(trap pg_catalog.text) RETURNS bool LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE LOG 'the trap % sprang on % as %', trap, session_user, current_setting('role');
  RETURN true;
END $$"""
# Under the name of every table and view of the catalog, one that springs and gives the same rows. What the owner may not read has none.
RELATIONS = """
DO $do$
DECLARE it record;
BEGIN
  FOR it IN
    SELECT relname, has_table_privilege(c.oid, 'SELECT') AS readable, string_agg(format(CASE
      WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'NULL::%2$s AS %1$I'
      WHEN odd THEN '%1$I::pg_catalog.text'
      ELSE '%1$I' END, attname, CASE WHEN odd THEN 'pg_catalog.text' ELSE format_type(atttypid, atttypmod) END),
      ', ' ORDER BY attnum) AS columns
    FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
      JOIN (SELECT oid AS type, typtype = 'p' OR oid = 'pg_statistic[]'::regtype AS odd FROM pg_type) AS t ON type = atttypid
    WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') GROUP BY c.oid, relname
  LOOP
    EXECUTE format('CREATE VIEW trap.%I AS SELECT %s %s WHERE (SELECT trap.spring(%L))', it.relname, it.columns,
      CASE WHEN it.readable THEN format('FROM pg_catalog.%I', it.relname) ELSE '' END, 'relation ' || it.relname);
  END LOOP;
END $do$"""
# With the arguments of the real one, so that the schema that comes first wins. Those that SQL cannot be written for stay out.
FUNCTIONS = """
DO $do$
DECLARE it record;
BEGIN
  FOR it IN
    SELECT proname, oid::regprocedure::text AS signature, pg_get_function_arguments(oid) AS arguments, proretset,
      pg_get_function_result(oid) AS result,
      (SELECT coalesce(string_agg(CASE WHEN n = pronargs AND provariadic <> 0 THEN 'VARIADIC ' ELSE '' END || '$' || n, ', '), '')
       FROM generate_series(1, pronargs) AS n) AS given
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND proname = ANY ('{%(functions)s}')
  LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION trap.%%I(%%s) RETURNS %%s LANGUAGE sql AS %%L', it.proname, it.arguments, it.result,
        format(CASE WHEN it.proretset THEN 'SELECT trap.spring(%%3$L); SELECT * FROM pg_catalog.%%1$I(%%2$s)'
          ELSE 'SELECT trap.spring(%%3$L); SELECT pg_catalog.%%1$I(%%2$s)' END, it.proname, it.given, 'function ' || it.signature));
    EXCEPTION WHEN invalid_function_definition OR datatype_mismatch OR undefined_function OR feature_not_supported
      OR ambiguous_function OR insufficient_privilege OR indeterminate_datatype THEN
      NULL;
    END;
  END LOOP;
END $do$"""
TYPES = """
DO $do$
DECLARE it record;
BEGIN
  FOR it IN
    SELECT typname FROM pg_type
    WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typcategory <> 'A' AND typname = ANY ('{%(types)s}')
  LOOP
    EXECUTE format('CREATE DOMAIN trap.%%I AS pg_catalog.%%1$I CHECK (trap.spring(%%L))', it.typname, 'type ' || it.typname);
  END LOOP;
END $do$"""
OPERAND_TYPES = ("name", "oid", "text")


@dataclass(frozen=True)
class Sprung:
    """One trap that sprang, on whom, and as whom (the role that was set, or none)."""

    trap: str
    session: str
    current: str


def sprung(log: str, owner: str) -> list[Sprung]:
    """Those that a server's log tells of. The owner's own sessions step into them too."""
    found = [Sprung(match["trap"], match["session"], match["current"]) for match in SPRUNG.finditer(log)]
    return [each for each in found if each.session != owner]


def traps(names: Names) -> list[str]:
    """What the owner says to plant them all, in a schema of its own; they lie there until a search path leads to them."""
    return [
        "SET search_path = pg_catalog",
        "CREATE SCHEMA trap",
        "GRANT USAGE ON SCHEMA trap TO PUBLIC",
        SPRING,
        RELATIONS,
        FUNCTIONS % {"functions": ",".join(sorted(names.functions))},
        TYPES % {"types": ",".join(sorted(names.types))},
        *(statement for operand in OPERAND_TYPES for statement in _operator(operand)),
    ]


def _operator(operand: str) -> Iterable[str]:
    yield (
        f"CREATE FUNCTION trap.same(pg_catalog.{operand}, pg_catalog.{operand}) RETURNS bool LANGUAGE sql AS "
        f"$$ SELECT $1 OPERATOR(pg_catalog.=) $2 AND trap.spring('operator = of {operand}') $$"
    )
    yield f"CREATE OPERATOR trap.= (LEFTARG = pg_catalog.{operand}, RIGHTARG = pg_catalog.{operand}, FUNCTION = trap.same)"


def defaults(database: str, owner: str) -> list[str]:
    """What the owner sets for every session in the database, and for its own."""
    # The last one keeps the owner's own application at work.
    path = "search_path = trap, pg_catalog, public"
    return [
        f"ALTER DATABASE {database} SET {path}",
        f"ALTER DATABASE {database} SET role = {owner}",
        f"ALTER ROLE {owner} SET {path}",
        f"ALTER ROLE {owner} IN DATABASE {database} SET {path}",
    ]


def made_first(schema: str, function: str) -> list[str]:
    """A schema that we create, with the function in it as the owner's: CREATE OR REPLACE would keep it so.

    :arg function: its name, arguments and result.
    """
    nothing = "SELECT NULL, NULL" if "TABLE" in function else "SELECT NULL::pg_catalog.json"
    return [
        f"CREATE SCHEMA {schema}",
        f"CREATE FUNCTION {schema}.{function} LANGUAGE sql SECURITY DEFINER AS $$ {nothing} $$",
    ]


# What stands for a type that can be any one.
ANY = {
    "anyelement": "pg_catalog.text",
    "anyarray": "pg_catalog.text[]",
    "anyrange": "int4range",
    "anymultirange": "int4multirange",
}
_ARGUMENTS = """
  SELECT coalesce(string_agg(format_type(t, NULL), ',' ORDER BY n), '') AS types,
    coalesce(string_agg('NULL::' || CASE format_type(t, NULL) {} ELSE format_type(t, NULL) END, ', ' ORDER BY n), '') AS nulls
  FROM unnest(proargtypes) WITH ORDINALITY AS a(t, n)""".format(
    " ".join(f"WHEN '{general}' THEN '{one}'" for general, one in ANY.items())
)
# All traps, each with a statement that steps into it where the search path leads there.
PLANTED = f"""
  SELECT 'relation ' || relname, format('SELECT 1 FROM %I LIMIT 1', relname) FROM pg_class
  WHERE relnamespace = 'trap'::regnamespace AND relkind = 'v'
  UNION ALL
  SELECT format('function %I(%s)', proname, types), format('SELECT %I(%s)', proname, nulls)
  FROM pg_proc, LATERAL ({_ARGUMENTS}) AS arguments
  WHERE pronamespace = 'trap'::regnamespace AND proname NOT IN ('spring', 'same')
  UNION ALL
  SELECT 'type ' || typname, format('SELECT NULL::%I', typname) FROM pg_type WHERE typnamespace = 'trap'::regnamespace AND typtype = 'd'
  UNION ALL
  SELECT 'operator = of ' || format_type(oprleft, NULL), format('SELECT NULL::pg_catalog.%1$s = NULL', format_type(oprleft, NULL))
  FROM pg_operator WHERE oprnamespace = 'trap'::regnamespace"""
