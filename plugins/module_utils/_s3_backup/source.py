# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database as one snapshot sees it: what the dump, the row counts and the manifest have in common."""

from __future__ import annotations

import json

from . import roles
from .session import cancel, connect, execute, quoted, same_server

_FACTS = """
SELECT json_build_object(
  'server_version', current_setting('server_version'), 'version_number', current_setting('server_version_num')::int,
  'in_recovery', pg_is_in_recovery(), 'bytes', pg_database_size(current_database()),
  'system_identifier', (SELECT system_identifier::text FROM pg_control_system()))
"""
_PROPERTIES = """
SELECT json_build_object(
  'row', to_json(d), 'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
  'settings', (SELECT coalesce(json_agg(s.entry), '[]') FROM pg_db_role_setting r, unnest(r.setconfig) AS s(entry)
               WHERE r.setdatabase = d.oid AND r.setrole = 0),
  'grants', (SELECT json_agg(json_build_object(
                'grantee', CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END,
                'privilege', a.privilege_type, 'grantable', a.is_grantable)) FROM aclexplode(d.datacl) a))
FROM pg_database d WHERE datname = current_database()
"""
# Rows of an extension's own tables come with the extension, those of a materialised view from its query.
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = ANY (%(persistence)s)
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY 1, 2
"""


def tables(connection, unlogged=True):
    """(schema, name) of each table whose rows a dump holds."""
    persistence = ["p", "u"] if unlogged else ["p"]
    return execute(connection, _TABLES, {"persistence": persistence})


def count_rows(connection, unlogged=True):
    """Rows by ``schema.table``, as the connection's snapshot sees them."""
    found = {}
    for schema, name in tables(connection, unlogged):
        rows = execute(connection, f"SELECT count(*) FROM ONLY {quoted(schema)}.{quoted(name)}")
        found[f"{schema}.{name}"] = rows[0][0]
    return found


class Source:
    """A session that holds an exported snapshot for as long as the dump needs it."""

    def __init__(self, settings, database):
        """:arg settings: section C(source) of the configuration."""
        self.settings, self.database = settings, database
        self.connection = connect(settings["conninfo"], dbname=database)
        try:
            execute(self.connection, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
            execute(self.connection, "SET row_security = off")
            self.connection.commit()
            self.connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            self.snapshot = self._value("SELECT pg_export_snapshot()")
            self.facts = self._value(_FACTS)
        except BaseException:
            self.connection.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        self.connection.close()

    def _value(self, statement):
        return execute(self.connection, statement)[0][0]

    @property
    def major(self):
        return self.facts["version_number"] // 10000

    def properties(self):
        return self._value(_PROPERTIES)

    def count_rows(self):
        return count_rows(self.connection, unlogged=not self.facts["in_recovery"])

    def cancel(self):
        """Ends a statement of another thread."""
        cancel(self.connection)

    def own_roles(self):
        """The environment's roles with their secrets; none where no function tells them."""
        function = self.settings["roles_function"]
        if not function:
            return []
        name = ".".join(quoted(part) for part in function.split("."))
        found = execute(self.connection, f"SELECT to_json(f) FROM {name}() AS f")
        return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in found]

    def referenced_roles(self):
        return [row[0] for row in execute(self.connection, roles.REFERENCED)]

    def dump_arguments(self):
        """Arguments of pg_dump, without the format."""
        arguments = [
            "--no-password",
            f"--lock-wait-timeout={self.settings['lock_wait_timeout']}",
            f"--snapshot={self.snapshot}",
            f"--dbname={same_server(self.settings['conninfo'], self.connection, self.database)}",
        ]
        # Their rows are not on a standby.
        return arguments + (["--no-unlogged-table-data"] if self.facts["in_recovery"] else [])
