# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database as one snapshot sees it: what the dump, the row counts and the manifest have in common."""

from __future__ import annotations

import json

from ..machine.session import cancel, connect, execute, quoted, same_server
from . import counts, omissions, roles

_FACTS = """
SELECT json_build_object(
  'server_version', current_setting('server_version'), 'version_number', current_setting('server_version_num')::int,
  'in_recovery', pg_is_in_recovery(), 'bytes', pg_database_size(current_database()),
  'superuser', (SELECT rolsuper FROM pg_roles WHERE rolname = session_user),
  'system_identifier', (SELECT system_identifier::text FROM pg_control_system()))
"""
_PROPERTIES = """
SELECT json_build_object(
  'row', to_json(d), 'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
  'comment', shobj_description(d.oid, 'pg_database'),
  'settings', (SELECT coalesce(json_agg(s.entry), '[]') FROM pg_db_role_setting r, unnest(r.setconfig) AS s(entry)
               WHERE r.setdatabase = d.oid AND r.setrole = 0),
  'role_settings', (SELECT coalesce(json_agg(json_build_object('role', pg_get_userbyid(r.setrole), 'setting', s.entry)), '[]')
                    FROM pg_db_role_setting r, unnest(r.setconfig) AS s(entry)
                    WHERE r.setdatabase = d.oid AND r.setrole <> 0),
  'tablespaces', (SELECT coalesce(json_agg(DISTINCT t.spcname), '[]') FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace
                  WHERE c.relkind IN ('r', 'i', 'm', 'p', 'I') AND t.spcname <> 'pg_global'),
  'grants', (SELECT json_agg(json_build_object(
                'grantee', CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END,
                'privilege', a.privilege_type, 'grantable', a.is_grantable)) FROM aclexplode(d.datacl) a))
FROM pg_database d WHERE datname = current_database()
"""


class Source:
    """A session that holds an exported snapshot for as long as the dump needs it, and nothing else."""

    def __init__(self, settings, database):
        """:arg settings: section C(source) of the configuration."""
        self.settings, self.database, self.counting = settings, database, None
        self.connection = connect(settings["conninfo"], dbname=database)
        try:
            _prepare(self.connection)
            self.snapshot = self._value("SELECT pg_export_snapshot()")
            self.facts = self._value(_FACTS)
            self.without_rows, self.unmatched = omissions.without_rows(
                counts.tables(self.connection), settings["exclude_table_data"], self.facts["in_recovery"]
            )
            if self.without_rows:
                omissions.check_foreign_keys(omissions.foreign_keys(self.connection), self.without_rows)
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

    def conninfo(self):
        """For what has to meet this server."""
        return same_server(self.settings["conninfo"], self.connection, self.database)

    def count(self):
        """What :func:`counts.count` gives, as the snapshot sees it, in a session of its own."""
        self.counting = connect(self.conninfo())
        try:
            _prepare(self.counting)
            return counts.count(self.counting, self.without_rows, self.snapshot)
        finally:
            self.counting.close()

    def cancel(self):
        """Ends the counting of another thread."""
        if self.counting:
            cancel(self.counting)

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

    def omissions(self, own):
        """What the dump will not hold.

        :arg own: what own_roles gave.
        """
        return [
            *omissions.of_database(self.connection, self.facts["superuser"]),
            *omissions.of_roles(own),
            *(f"the rows of {name}" for name in self.without_rows),
        ]

    def dump_arguments(self):
        """Arguments of pg_dump, without the format."""
        return [
            "--no-password",
            f"--lock-wait-timeout={self.settings['lock_wait_timeout']}",
            f"--snapshot={self.snapshot}",
            f"--dbname={self.conninfo()}",
            # They are named one by one instead of in pg_dump's own words.
            *([] if self.facts["superuser"] else ["--no-subscriptions"]),
            *(f"--exclude-table-data={quoted(schema)}.{quoted(name)}" for schema, name in self.without_rows.values()),
        ]


def _prepare(connection):
    execute(connection, "SET row_security = off")
    connection.commit()
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
