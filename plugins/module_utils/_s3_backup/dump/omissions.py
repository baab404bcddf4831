# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup does not hold, each by name: in the manifest, in the list of the backups and in a metric."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ..errors import UsageError
from ..machine.session import execute

# A role that is no superuser is not told the options of others' user mappings, nor where a subscription connects to.
_UNTOLD = """
SELECT 'the subscription ' || subname FROM pg_subscription
WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 'options of the user mapping of ' || usename || ' for the server ' || srvname FROM pg_user_mappings
WHERE umoptions IS NULL AND usename <> current_user
"""
_UNKEPT = """
SELECT 'the tablespace of the database, ' || t.spcname FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
WHERE d.datname = current_database() AND t.spcname <> 'pg_default'
UNION ALL
SELECT 'the security label of the database for ' || l.provider FROM pg_shseclabel l JOIN pg_database d ON d.oid = l.objoid
WHERE l.classoid = 'pg_database'::regclass AND d.datname = current_database()
"""
_FOREIGN_KEYS = """
SELECT c.conname, format('%s.%s', hn.nspname, h.relname), format('%s.%s', tn.nspname, t.relname) FROM pg_constraint c
JOIN pg_class h ON h.oid = c.conrelid JOIN pg_namespace hn ON hn.oid = h.relnamespace
JOIN pg_class t ON t.oid = c.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE c.contype = 'f' AND c.convalidated AND h.relkind = 'r' AND t.relkind = 'r' ORDER BY 2, 1
"""


def foreign_keys(connection):
    """(name, table that has it, table that it refers to) of those that a restore would check."""
    return execute(connection, _FOREIGN_KEYS)


def check_foreign_keys(keys, without):
    """:raises UsageError: when rows would be kept that refer to rows which are left out: that is no backup. Pure."""
    broken = [
        f"{name} of {table} refers to {other}"
        for name, table, other in keys
        if other in without and table not in without
    ]
    if broken:
        raise UsageError(
            f"exclude_table_data leaves out rows that others need, so that the backup could not be restored: {'; '.join(broken)}. "
            "Leave out the rows of both, or of none"
        )


def of_database(connection, is_superuser):
    queries = [_UNKEPT] if is_superuser else [_UNTOLD, _UNKEPT]
    return [row[0] for query in queries for row in execute(connection, query)]


def of_roles(own):
    """What others than the environment's roles gave to them: the dump role is told these only. Pure."""
    names = {role["name"] for role in own}
    return [
        f"the membership of {role['name']} in {group}"
        for role in own
        for group in role["member_of"]
        if group not in names
    ]


def without_rows(tables, patterns, in_recovery):
    """Names of the tables of which the dump holds no rows, and patterns that match none. Pure.

    :arg tables: (schema, name, whether it is unlogged); :arg patterns: as in ``audit.*``, of ``schema.table``.
    """
    names = {f"{schema}.{name}": (schema, name, unlogged) for schema, name, unlogged in tables}
    found = {
        full: (schema, name)
        for full, (schema, name, unlogged) in names.items()
        # The rows of unlogged tables are on the primary alone.
        if (unlogged and in_recovery) or any(fnmatchcase(full, pattern) for pattern in patterns)
    }
    unmatched = [pattern for pattern in patterns if not any(fnmatchcase(full, pattern) for full in names)]
    return found, unmatched
