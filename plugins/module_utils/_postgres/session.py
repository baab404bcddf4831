# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with a PostgreSQL server through psycopg2, that never wait for ever."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

PSYCOPG2_ERROR: str | None = None
try:
    import psycopg2
    from psycopg2.extras import RealDictCursor
except ImportError:
    PSYCOPG2_ERROR = traceback.format_exc()

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

# With standbys named as synchronous and none connected, a commit would wait for ever. The last two keep what a database's owner has
# set for it (ALTER DATABASE) from leading an administrator's statements to the owner's own functions and views.
SETTINGS = {
    "synchronous_commit": "local",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "search_path": "pg_catalog",
    "role": "none",
}


class SessionError(Exception):
    """A connection or a statement failed; the message is the server's or the library's."""


def login_argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the documentation fragment C(plannerate.infra.postgres)."""
    return {
        "login_host": {"type": "str", "default": ""},
        "login_unix_socket": {"type": "str", "default": ""},
        "login_port": {"type": "int", "default": 5432, "aliases": ["port"]},
        "login_user": {"type": "str", "default": "postgres"},
        "login_password": {"type": "str", "default": "", "no_log": True},
        "login_db": {"type": "str", "default": "postgres"},
        "ssl_mode": {"type": "str", "default": "prefer", "choices": [*SSL_MODES]},
        "ca_cert": {"type": "path", "aliases": ["ssl_rootcert"]},
        "connect_timeout": {"type": "int", "default": 5},
    }


def require_psycopg2(module: AnsibleModule) -> None:
    """Ends the module with the remedy where the library is missing."""
    if PSYCOPG2_ERROR is not None:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_ERROR)


def connection_arguments(params: Mapping[str, Any], database: str | None = None) -> dict[str, Any]:
    """The login options as libpq's keywords, without those that are empty."""
    keywords = {
        "host": params["login_host"] or params["login_unix_socket"],
        "port": params["login_port"],
        "user": params["login_user"],
        "password": params["login_password"],
        "dbname": database or params["login_db"],
        "sslmode": params["ssl_mode"],
        "sslrootcert": params["ca_cert"],
        "connect_timeout": params["connect_timeout"],
        "options": " ".join(f"-c {name}={value}" for name, value in SETTINGS.items()),
    }
    return {keyword: value for keyword, value in keywords.items() if value}


class Session:
    """One session in which every statement is a transaction of its own."""

    def __init__(self, params: Mapping[str, Any], database: str | None = None) -> None:
        try:
            self.connection = psycopg2.connect(**connection_arguments(params, database))
            self.connection.autocommit = True
        except psycopg2.Error as error:
            raise SessionError(" ".join(str(error).split())) from error

    def rows(self, query: str, arguments: Mapping[str, object] | None = None) -> list[Any]:
        """The answer's rows as dicts with the query's columns. Without arguments a C(%) in the query stands for itself."""
        try:
            with self.connection.cursor(cursor_factory=RealDictCursor) as cursor:
                cursor.execute(query, arguments)
                return [dict(row) for row in cursor.fetchall()]
        except psycopg2.Error as error:
            raise SessionError(" ".join(str(error).split())) from error

    def row(self, query: str, arguments: Mapping[str, object] | None = None) -> Any:
        return self.rows(query, arguments)[0]

    def close(self) -> None:
        self.connection.close()
