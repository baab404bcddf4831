# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared after a restore: the rows of each table, and the large objects. One short transaction for each."""

from __future__ import annotations

from ..machine.session import SessionError, execute, quoted

# Rows of an extension's own tables come with the extension, those of a materialised view from its query.
_TABLES = """
SELECT n.nspname, c.relname, c.relpersistence = 'u' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence IN ('p', 'u')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY 1, 2
"""
# 262144 opens for reading. Volatile functions are called in this order, once for each object.
_LARGE_OBJECTS = """
SELECT count(*), coalesce(sum(size), 0)::bigint FROM (
  SELECT lo_lseek64(fd, 0, 2) AS size, lo_close(fd) FROM (
    SELECT lo_open(oid, 262144) AS fd FROM pg_largeobject_metadata OFFSET 0) AS opened OFFSET 0) AS sized
"""
# Whether what has the name now is what the snapshot knows by it: neither TRUNCATE nor a rewrite keeps rows for older snapshots.
_SAME = """
SELECT c.relfilenode = pg_relation_filenode(format('%%I.%%I', n.nspname, c.relname)::regclass)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s
"""
# Its table or its schema is gone, or a view has its name.
_GONE = ("42P01", "3F000", "55000")


def tables(connection):
    """(schema, name, whether it is unlogged) of each table."""
    return execute(connection, _TABLES)


def count(connection, without_rows=(), snapshot=None):
    """C(tables), rows by ``schema.table``, and C(large_objects), their number and bytes.

    Each is counted in a transaction of its own: all together would hold a lock on every table and index until the end.

    :arg without_rows: names of tables that have none in the dump; :arg snapshot: an exported one that every transaction sees.
        A table that was emptied, rewritten or dropped since then has None instead of a number.
    """
    begin(connection, snapshot)
    listed = tables(connection)
    found = {}
    for schema, name, _unlogged in listed:
        if f"{schema}.{name}" in without_rows:
            found[f"{schema}.{name}"] = 0
            continue
        begin(connection, snapshot)
        found[f"{schema}.{name}"] = _rows(connection, schema, name, snapshot)
    begin(connection, snapshot)
    number, size = execute(connection, _LARGE_OBJECTS)[0]
    connection.rollback()
    return {"tables": found, "large_objects": {"number": number, "bytes": size}}


def _rows(connection, schema, name, snapshot):
    try:
        rows = execute(connection, f"SELECT count(*) FROM ONLY {quoted(schema)}.{quoted(name)}")
        # With the lock that counting took.
        is_same = not snapshot or execute(connection, _SAME, [schema, name])[0][0]
    except SessionError as error:
        if snapshot and getattr(error.__cause__, "pgcode", None) in _GONE:
            return None
        raise
    return rows[0][0] if is_same else None


def begin(connection, snapshot):
    connection.rollback()
    if snapshot:
        execute(connection, "SET TRANSACTION SNAPSHOT %s", [snapshot])
