# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with PostgreSQL through libpq's own connection string, so that files and services do what psql's do."""

from __future__ import annotations

import contextlib
import re

PSYCOPG2_MISSING = False
try:
    import psycopg2
    from psycopg2 import extensions
except ImportError:
    PSYCOPG2_MISSING = True

from ..errors import BackupError, UsageError
from .pipeline import Command
from .privileges import effective

# Neither the owner of a database nor the one of a restored copy leads an administrator's statements elsewhere by ALTER DATABASE.
_SAFE = "-c search_path=pg_catalog -c role=none"
# A session waits for hours beside a dump or a load, and may have a lock or a snapshot to keep.
_PATIENT = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
# A table that its owner replaces by a view is not read, which would run what the view calls. Servers without the fix of
# CVE-2024-7348 do not have the setting.
_TABLES_ONLY = """
SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'
"""


class SessionError(BackupError):
    """PostgreSQL refused; the message is its own."""


def connect(conninfo, user=None, **changed):
    """An open connection.

    :arg user: Unix user as whom the server sees a connection over its socket.
    """
    if PSYCOPG2_MISSING:
        raise UsageError("psycopg2 cannot be imported; install python3-psycopg2")
    keywords = extensions.parse_dsn(conninfo)
    if "password" in keywords:
        raise UsageError("the connection string holds a password, which process lists would show; use passfile=")
    keywords["options"] = " ".join(filter(None, [_SAFE, _PATIENT, keywords.get("options")]))
    fixed = {"connect_timeout": 10, "application_name": "s3_backup", "client_encoding": "UTF8"}
    try:
        with effective(user):
            connection = psycopg2.connect(**{**keywords, **fixed, **changed})
    except psycopg2.Error as error:
        raise SessionError(f"cannot connect to PostgreSQL: {_line(error)}") from error
    # Earlier releases refuse a session with a setting that they do not know.
    if connection.server_version >= 140000:
        execute(connection, "SET idle_session_timeout = 0")
    if connection.server_version >= 170000:
        execute(connection, "SET transaction_timeout = 0")
    execute(connection, _TABLES_ONLY)
    connection.commit()
    return connection


def with_settings(conninfo, settings):
    """The connection string, with server settings for every session that is opened with it."""
    options = " ".join([_SAFE, *(f"-c {name}={value}" for name, value in settings.items())])
    return extensions.make_dsn(conninfo, options=options)


def with_user(conninfo, user):
    return extensions.make_dsn(conninfo, user=user)


def encrypted(connection, user, password):
    """A password as the server keeps it, so that no log of statements has it."""
    return extensions.encrypt_password(password, user, scope=connection, algorithm="scram-sha-256")


def execute(connection, statement, parameters=None):
    """The rows of a statement as tuples; none for a statement that has none."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
    except psycopg2.Error as error:
        raise SessionError(f"PostgreSQL: {_line(error)}") from error


def cancel(connection):
    """Ends a statement of another thread; a connection that broke has none."""
    with contextlib.suppress(psycopg2.Error):
        connection.cancel()


def same_server(conninfo, connection, database):
    """The connection string for a program that has to meet the server of a connection, in one of its databases."""
    keywords = extensions.parse_dsn(conninfo)
    return extensions.make_dsn(**one_server(keywords, connection.info.host, connection.info.port), dbname=database)


def one_server(keywords, host, port):
    """libpq's keywords for the one of several servers that a connection found. Pure.

    :arg keywords: dict in which C(host), C(port) and C(hostaddr) may be lists with commas.
    """
    hosts = keywords.get("host", "").split(",")
    addresses = keywords.get("hostaddr", "").split(",")
    ports = keywords.get("port", "5432").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    changed = {"host": host, "port": str(port)}
    if len(addresses) == len(hosts) and (host, str(port)) in list(zip(hosts, ports)):
        changed["hostaddr"] = addresses[list(zip(hosts, ports)).index((host, str(port)))]
    return {name: value for name, value in {**keywords, **changed}.items() if value and name != "dbname"}


def quoted(name):
    """An identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value):
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def program(binaries, name, *arguments, **options):
    """A command of PostgreSQL's own, from the directory of the server's major version."""
    return Command(name, [f"{binaries}/{name}", *arguments], options)


def _line(error):
    return re.sub(r"\s+", " ", str(error)).strip()
