# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server that is restored into, seen by its administrator."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager

from ..dump import counts, roles
from ..errors import Busy, Damaged, Refused
from ..machine.session import SessionError, connect, execute, literal, quoted, same_server, with_settings
from . import mark, role
from .properties import creation

_LONGEST_NAME = 63
# A server that was restarted is back within that.
_PATIENCE = 60
_LOCK_TIMEOUT = "55P03"
# With standbys named as synchronous and none connected, a commit would wait for ever.
_SETTINGS = {"synchronous_commit": "local", "lock_timeout": "30s"}
# All but partitioned tables and parents with foreign tables below them: their servers may be out of reach, and are not ours to ask.
_ANALYZED = """
WITH RECURSIVE asking AS (
  SELECT i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'f'
  UNION SELECT i.inhparent FROM pg_inherits i JOIN asking a ON a.inhparent = i.inhrelid)
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND c.oid NOT IN (SELECT inhparent FROM asking) ORDER BY c.oid
"""


class Server:
    """The administrator's session."""

    def __init__(self, conninfo, user=None):
        """:arg user: Unix user for connections over the socket."""
        self.conninfo, self.user = with_settings(conninfo, _SETTINGS), user
        self.connection = self._connect("postgres")

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        self.connection.close()

    def _connect(self, database):
        conninfo = self.conninfo
        if database != "postgres" and self.connection.server_version >= 170000:
            # What the owner has for each login would change what is counted, or refuse it.
            conninfo = with_settings(conninfo, {**_SETTINGS, "event_triggers": "off"})
        connection = connect(conninfo, self.user, dbname=database)
        connection.autocommit = True
        return connection

    def values(self, statement, *parameters):
        return [row[0] for row in execute(self.connection, statement, list(parameters))]

    def values_in(self, database, statement):
        """The first column, from a session in this database."""
        connection = self._connect(database)
        try:
            return [row[0] for row in execute(connection, statement)]
        finally:
            connection.close()

    @contextmanager
    def locked(self, target):
        """:raises Busy: when another restore makes a database of this name. A process that dies gives the lock back."""
        # Of 64 bits: two names that share one are not met.
        key = f"plannerate-backup {target}"
        if not self.values("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key)[0]:
            raise Busy(f"another restore into {target} is running; wait for it to end, or restore into another name")
        try:
            yield
        finally:
            if not self.connection.closed:
                execute(self.connection, "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])

    def exists(self, database):
        return bool(self.values("SELECT 1 FROM pg_database WHERE datname = %s", database))

    def is_there(self, database):
        """As ``exists``, where the session may be lost."""
        return bool(self.insist("SELECT 1 FROM pg_database WHERE datname = %s", [database]))

    def missing_roles(self, names):
        found = self.values("SELECT rolname FROM pg_roles")
        return [name for name in names if name not in found]

    def missing_tablespaces(self, names):
        found = self.values("SELECT spcname FROM pg_tablespace")
        return [name for name in names if name not in found]

    def data_directory(self):
        """Where the server writes, if that is on this machine."""
        path = self.values("SHOW data_directory")[0]
        return path if os.path.isdir(path) else None

    def run(self, sql):
        execute(self.connection, "SET password_encryption = 'scram-sha-256'")
        if sql.strip():
            execute(self.connection, sql)

    def create_placeholders(self, names):
        for name in names:
            execute(self.connection, roles.placeholder(name))

    def create(self, database, properties):
        """An empty database with the encoding and collation of the one that was backed up."""
        execute(self.connection, creation(database, properties))

    def create_marked(self, target, backup, properties, owner):
        """An empty database of a restore; gives its name.

        :arg owner: None for the administrator.
        """
        name = mark.new_name()
        self.create(name, properties)
        self.set_mark(name, mark.LOADING, target, backup)
        if owner:
            self.insist(f"ALTER DATABASE {quoted(name)} OWNER TO {quoted(owner)}")
        return name

    def set_mark(self, database, state, target, backup):
        text = literal(mark.comment(state, target, backup))
        self.insist(f"COMMENT ON DATABASE {quoted(database)} IS {text}")

    def marked(self, target):
        """What restores into this name left, by the name of the database."""
        listed = execute(self.connection, "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database")
        found = {name: mark.read(name, text) for name, text in listed}
        return {name: about for name, about in found.items() if about and about["target"] == target}

    def drop_marked(self, database, target):
        """:raises Refused: when it does not carry the mark of a restore into this name."""
        if database not in self.marked(target):
            raise Refused(f"{database} was not made by a restore into {target} and is not dropped")
        self.drop(database)

    def drop(self, database):
        """One that was made here, and the role that loaded it, whatever its owner did with it."""
        if self.is_there(database):
            # A template is not dropped.
            execute(self.connection, f"ALTER DATABASE {quoted(database)} IS_TEMPLATE false")
            execute(self.connection, f"DROP DATABASE {quoted(database)} WITH (FORCE)")
        role.drop(self, database)

    def close_to_clients(self, database):
        """Nobody gets in any more, and who is in is thrown out."""
        execute(self.connection, f"ALTER DATABASE {quoted(database)} ALLOW_CONNECTIONS false")
        execute(
            self.connection,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [database],
        )

    def open_to_clients(self, database):
        self.insist(opening(database))

    def insist(self, statement, parameters=None):
        """The rows of a statement that neither a lost session nor a lock keeps from being carried out, unless the server stays away."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                if self.connection.closed:
                    self.connection = self._connect("postgres")
                return execute(self.connection, statement, parameters)
            except SessionError as error:
                # Another reason than a lost session or a lock does not pass.
                if not self.connection.closed and getattr(error.__cause__, "pgcode", None) != _LOCK_TIMEOUT:
                    raise
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def is_open(self, database):
        return self.values("SELECT datallowconn FROM pg_database WHERE datname = %s", database) == [True]

    def conninfo_of(self, database):
        """For programs that run as the same user. One that skips rows to get to what it loads has an idle session meanwhile."""
        conninfo = self.conninfo
        if self.connection.server_version >= 140000:
            conninfo = with_settings(conninfo, {**_SETTINGS, "idle_session_timeout": "0"})
        return same_server(conninfo, self.connection, database)

    def count(self, database):
        """As counts.count: what is in it now."""
        connection = self._connect(database)
        try:
            execute(connection, "SET row_security = off")
            return counts.count(connection)
        finally:
            connection.close()

    def run_in(self, database, statement):
        self.values_in(database, statement)

    def analyze(self, database):
        connection = self._connect(database)
        try:
            for (name,) in execute(connection, _ANALYZED):
                execute(connection, f"ANALYZE {name}")
        finally:
            connection.close()


def compare(document, found):
    """The rows of each table.

    :raises Damaged: naming each table that has not the rows which the dump's own snapshot had.
    """
    problems = differences(document, found) if document.get("row_counts") else []
    if problems:
        raise Damaged(f"{document['id']} was restored with other rows than were dumped: {'; '.join(problems)}")
    return found["tables"]


def differences(expected, found):
    """Messages about what differs between a manifest and what was counted. Pure."""
    tables, there = expected["tables"], found["tables"]
    messages = [
        f"{name} has {there.get(name, 'no table and no')} rows, expected {tables.get(name, 'no such table')}"
        for name in sorted({*tables, *there})
        # None: it changed while it was dumped, so that only its existence is known.
        if name not in tables or name not in there or tables[name] not in (None, there[name])
    ]
    large, loaded = expected.get("large_objects"), found["large_objects"]
    # Earlier releases did not count them.
    if large and large != loaded:
        messages.append(
            f"{loaded['number']} large objects of {loaded['bytes']} bytes, expected {large['number']} of {large['bytes']}"
        )
    return messages


def opening(database):
    return f"ALTER DATABASE {quoted(database)} ALLOW_CONNECTIONS true"


def check_name(database):
    """:raises Refused: for a name that PostgreSQL would cut off."""
    if not 0 < len(database.encode()) <= _LONGEST_NAME:
        raise Refused(
            f"the name {database!r} has {len(database.encode())} bytes, expected 1 to {_LONGEST_NAME}; choose another one"
        )
