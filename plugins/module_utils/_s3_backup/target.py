# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases on the server that is restored into: made as the backed-up one was, named last, compared with the manifest."""

from __future__ import annotations

import re

from . import roles
from .errors import Damaged, Refused
from .session import connect, execute, literal, quoted, same_server, with_settings
from .source import count_rows

INCOMING = "_incoming"
_LONGEST_NAME = 63
# With standbys named as synchronous and none connected, a commit would wait for ever.
_SETTINGS = {"synchronous_commit": "local", "statement_timeout": "0"}


class Server:
    """The administrator's session."""

    def __init__(self, conninfo, user=None):
        """:arg user: Unix user for connections over the socket."""
        self.conninfo, self.user = with_settings(conninfo, _SETTINGS), user
        self.connection = connect(self.conninfo, user, dbname="postgres")
        self.connection.autocommit = True

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        self.connection.close()

    def exists(self, database):
        return bool(execute(self.connection, "SELECT 1 FROM pg_database WHERE datname = %s", [database]))

    def missing_roles(self, names):
        found = {row[0] for row in execute(self.connection, "SELECT rolname FROM pg_roles")}
        return [name for name in names if name not in found]

    def run(self, sql):
        execute(self.connection, "SET password_encryption = 'scram-sha-256'")
        if sql.strip():
            execute(self.connection, sql)

    def create_placeholders(self, names):
        for name in names:
            execute(self.connection, roles.placeholder(name))

    def create(self, database, properties):
        """An empty database with the encoding, collation and owner of the one that was backed up."""
        execute(self.connection, creation(database, properties))

    def apply_properties(self, database, properties):
        """Privileges and settings, which a dump of one database does not hold."""
        execute(self.connection, "; ".join(privileges(database, properties)))

    def drop(self, database):
        execute(self.connection, f"DROP DATABASE IF EXISTS {quoted(database)} WITH (FORCE)")

    def rename(self, old, new):
        execute(self.connection, f"ALTER DATABASE {quoted(old)} RENAME TO {quoted(new)}")

    def close_to_clients(self, database):
        """Nobody gets in any more, and who is in is thrown out."""
        execute(self.connection, f"ALTER DATABASE {quoted(database)} ALLOW_CONNECTIONS false")
        execute(
            self.connection,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [database],
        )

    def open_to_clients(self, database):
        execute(self.connection, f"ALTER DATABASE {quoted(database)} ALLOW_CONNECTIONS true")

    def conninfo_of(self, database):
        """For programs that run as the same user."""
        return same_server(self.conninfo, self.connection, database)

    def compare(self, database, document):
        """:raises Damaged: naming each table that has not the rows which the dump's own snapshot had."""
        connection = connect(self.conninfo, self.user, dbname=database)
        try:
            found = count_rows(connection)
        finally:
            connection.close()
        problems = differences(document["tables"], found) if document.get("row_counts") else []
        if problems:
            raise Damaged(f"{document['id']} was restored with other rows than were dumped: {'; '.join(problems)}")
        return found

    def analyze(self, database):
        connection = connect(self.conninfo, self.user, dbname=database)
        try:
            connection.autocommit = True
            execute(connection, "ANALYZE")
        finally:
            connection.close()


def differences(expected, found):
    """Messages about tables whose row counts differ. Pure."""
    return [
        f"{name} has {found.get(name, 'no table and no')} rows, expected {expected.get(name, 'no such table')}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]


def creation(database, properties):
    """CREATE DATABASE for the properties in a manifest. Pure."""
    row = properties["row"]
    clauses = [
        "TEMPLATE template0",
        f"OWNER {quoted(properties['owner'])}",
        f"ENCODING {literal(properties['encoding'])}",
        f"LC_COLLATE {literal(row['datcollate'])}",
        f"LC_CTYPE {literal(row['datctype'])}",
    ]
    locale = row.get("datlocale") or row.get("daticulocale")
    if row.get("datlocprovider") == "i":
        clauses.append(f"LOCALE_PROVIDER icu ICU_LOCALE {literal(locale)}")
    elif row.get("datlocprovider") == "b":
        clauses.append(f"LOCALE_PROVIDER builtin BUILTIN_LOCALE {literal(locale)}")
    return f"CREATE DATABASE {quoted(database)} {' '.join(clauses)}"


def privileges(database, properties):
    """Statements that give a database the privileges and settings in a manifest. Pure."""
    name = quoted(database)
    yield f"ALTER DATABASE {name} CONNECTION LIMIT {int(properties['row']['datconnlimit'])}"
    for entry in properties["settings"]:
        yield f"ALTER DATABASE {name} {roles.setting(entry)}"
    # None: the database had PostgreSQL's own defaults, as the new one has.
    if properties["grants"] is None:
        return
    yield f"REVOKE ALL ON DATABASE {name} FROM PUBLIC"
    for grant in properties["grants"]:
        if not re.fullmatch(r"[A-Z ]+", grant["privilege"]):
            continue
        grantee = quoted(grant["grantee"]) if grant["grantee"] else "PUBLIC"
        option = " WITH GRANT OPTION" if grant["grantable"] else ""
        yield f"GRANT {grant['privilege']} ON DATABASE {name} TO {grantee}{option}"


def check_name(database, suffix=INCOMING):
    """:raises Refused: for a name that PostgreSQL would cut off."""
    longest = _LONGEST_NAME - len(suffix)
    if not 0 < len(database.encode()) <= longest:
        raise Refused(
            f"the name {database!r} has {len(database.encode())} bytes, expected 1 to {longest}; choose another one"
        )
