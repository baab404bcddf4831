# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a validation writes: a schema of its own in the application's database, known by its comment, gone when the part ends."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import SSL_MODES
from ansible_collections.plannerate.infra.plugins.module_utils._validation.workplace import DIRECTORY

PSYCOPG2_ERROR: str | None = None
try:
    import psycopg2
except ImportError:
    PSYCOPG2_ERROR = traceback.format_exc()

SCHEMA = "plannerate_validation"
COMMENT = "scratch of playbooks/validate.yml, which removes it"
ROWS = 10000
_MAKE = f"""CREATE SCHEMA {SCHEMA};
COMMENT ON SCHEMA {SCHEMA} IS '{COMMENT}';
CREATE TABLE {SCHEMA}.ledger (client int, number int, PRIMARY KEY (client, number));
CREATE TABLE {SCHEMA}.content (id int PRIMARY KEY, content text);
INSERT INTO {SCHEMA}.content SELECT id, md5(id::text) FROM generate_series(1, {ROWS}) AS id"""
_LOOK = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s"
# Who subscribes to all tables would get these too, and stop where it has none of that name.
_PUBLICATIONS = "SELECT pubname FROM pg_publication WHERE puballtables ORDER BY pubname"
# A pool keeps no setting for its clients: both are of the transaction.
_PATIENT = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s'"


# Until the database answers again after a change of primary.
_PATIENCE = 60


class ScratchError(Exception):
    """The database refused; the message is its own or says what is in the way."""


def argument_spec() -> dict[str, dict[str, Any]]:
    """The options of the documentation fragment C(plannerate.infra.validation)."""
    return {
        "connection": {
            "type": "dict",
            "required": True,
            "options": {
                "host": {"type": "str", "required": True},
                "hostaddr": {"type": "str"},
                "port": {"type": "int", "default": 6432},
                "dbname": {"type": "str", "required": True},
                "user": {"type": "str", "required": True},
                "password": {"type": "str", "no_log": True},
                "sslmode": {"type": "str", "default": "verify-full", "choices": [*SSL_MODES]},
                "sslrootcert": {"type": "path"},
            },
        },
        "directory": {"type": "path", "default": DIRECTORY},
    }


def require_psycopg2(module: AnsibleModule) -> None:
    """Ends the module with the remedy where the library is missing."""
    if PSYCOPG2_ERROR is not None:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_ERROR)


def given(connection: Mapping[str, Any]) -> dict[str, Any]:
    """libpq's keywords, without those that are empty."""
    return {keyword: value for keyword, value in connection.items() if value}


def connect(conninfo: Mapping[str, Any]) -> Any:
    """:raises ScratchError:"""
    try:
        return psycopg2.connect(**{"connect_timeout": 5, "tcp_user_timeout": 15000, **conninfo})
    except psycopg2.Error as error:
        raise ScratchError(" ".join(str(error).split())) from error


def remove(connection: Any) -> bool:
    """Whether there was one.

    :raises ScratchError: also for a schema of that name that is somebody else's.
    """
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_PATIENT)
            cursor.execute(_LOOK, (SCHEMA,))
            found = cursor.fetchone()
            if found is None:
                return False
            if found[0] != COMMENT:
                raise ScratchError(
                    f"the schema {SCHEMA} has the comment {found[0]!r}, expected {COMMENT!r}: remove it yourself"
                )
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
            return True
    except psycopg2.Error as error:
        raise ScratchError(" ".join(str(error).split())) from error


@contextlib.contextmanager
def made(conninfo: Mapping[str, Any]) -> Iterator[None]:
    """It is there meanwhile.

    :raises ScratchError:
    """
    with contextlib.closing(connect(conninfo)) as connection:
        _make(connection)
    try:
        yield
    finally:
        _remove_patiently(conninfo)


def _remove_patiently(conninfo: Mapping[str, Any]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with contextlib.closing(connect(conninfo)) as connection:
                remove(connection)
            return
        except ScratchError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _make(connection: Any) -> None:
    """:raises ScratchError:"""
    remove(connection)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(_PATIENT)
            cursor.execute(_PUBLICATIONS)
            names = [str(name) for (name,) in cursor.fetchall()]
            if names:
                raise ScratchError(
                    f"the publication {', '.join(names)} is FOR ALL TABLES, so subscribers would get the rows of {SCHEMA}: "
                    "let it name its tables or its schemas"
                )
            cursor.execute(_MAKE)
    except psycopg2.Error as error:
        raise ScratchError(" ".join(str(error).split())) from error
