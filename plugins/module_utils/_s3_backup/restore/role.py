# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that loads a dump on a server which people use: no superuser, and a member of the database's owner. It lives as long as that."""

from __future__ import annotations

import os
import secrets
import subprocess
from contextlib import contextmanager, suppress

from ..dump.roles import OF_A_RESTORE
from ..errors import BackupError, Damaged, Gone, Refused
from ..machine.pipeline import Pipeline
from ..machine.session import SessionError, encrypted, literal, program, quoted, with_user
from ..s3.store import StoreError
from . import contents

# The owner and its members, as environment_roles.sql has them, but for those that reach what the owner does not, or may do more than a
# database's owner, and those of other restores.
_OWNERS = f"""
WITH RECURSIVE own(oid) AS (
  SELECT oid FROM pg_roles WHERE rolname = %s
  UNION SELECT member FROM pg_auth_members JOIN own ON roleid = own.oid
)
SELECT r.rolname FROM pg_roles r JOIN own USING (oid) WHERE r.rolname !~ '{OF_A_RESTORE.pattern}' AND NOT EXISTS (
  SELECT FROM pg_roles x WHERE pg_has_role(r.oid, x.oid, 'MEMBER')
  AND (x.rolsuper OR x.rolcreaterole OR x.rolreplication OR x.rolname ~ '^pg_(execute|read|write)_server_'
    OR x.oid NOT IN (SELECT oid FROM own) AND NOT pg_has_role(%s, x.oid, 'MEMBER')))
"""
# Databases of an owner, or of roles that it is a member of.
_DATABASES = (
    "SELECT datname FROM pg_database WHERE pg_has_role(%s, datdba, 'MEMBER') AND NOT datname = ANY(%s) ORDER BY 1"
)
_EXTENSIONS = "SELECT DISTINCT name FROM pg_available_extension_versions WHERE trusted OR NOT superuser"
# Those that hold functions of administrators and nothing else, and in which nobody else may make anything.
_SCHEMAS = """
SELECT nspname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
WHERE r.rolsuper AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
AND NOT EXISTS (SELECT FROM aclexplode(nspacl) a WHERE a.privilege_type = 'CREATE' AND a.grantee <> nspowner)
AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid) AND NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = n.oid)
AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = n.oid AND deptype = 'e')
AND EXISTS (SELECT FROM pg_proc WHERE pronamespace = n.oid)
AND NOT EXISTS (SELECT FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner WHERE pronamespace = n.oid AND NOT o.rolsuper)
"""
_WHERE_IT_HAS_SOMETHING = """
SELECT DISTINCT datname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.refobjid
WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = %s AND d.datallowconn
"""
_STRAY = f"""
SELECT rolname FROM pg_roles WHERE rolname ~ '{OF_A_RESTORE.pattern}' AND NOT rolsuper
AND NOT EXISTS (SELECT FROM pg_database WHERE datname = rolname)
"""


def owner_of(server, database, properties, databases):
    """Whose the database is: as the server has it now, else as the manifest says.

    :arg databases: all of the environment.
    :raises Refused: when a manifest, which whoever writes to the bucket may forge, names the owner of another one.
    """
    found = server.values(
        "SELECT rolname FROM pg_database d JOIN pg_roles r ON r.oid = datdba WHERE datname = %s", database
    )
    if found:
        return found[0]
    owner = properties["owner"]
    others = [] if server.missing_roles([owner]) else server.values(_DATABASES, owner, [*databases])
    if others:
        raise Refused(
            f"the backup says that {database} belongs to {owner}, which owns {', '.join(others)} or is a member of who does. If that is "
            f"right, create the empty database {database} with its owner first, as a converge does, or add "
            f"--as-superuser={contents.EVERYTHING}"
        )
    return owner


def owners(server, owner):
    """The owner and those of its members that reach nothing else; none for a superuser."""
    return server.values(_OWNERS, owner, owner) if not server.missing_roles([owner]) else []


def about(server, database, owner):
    """:returns: contents.Server; :raises Refused: when no role can load for this owner without being a superuser."""
    found = owners(server, owner)
    if owner not in found:
        raise Refused(
            f"{database} belongs to {owner}, which is a superuser, makes roles, replicates or has the server's files or programs "
            "(pg_*_server_*), or can become such a role. No role that loads for it could be kept from that: take it from the owner. "
            f"If you trust whoever wrote the dump, add --as-superuser={contents.EVERYTHING}"
        )
    schemas = server.values_in(database, _SCHEMAS) if server.is_open(database) else []
    return contents.Server(found, server.values("SELECT rolname FROM pg_roles"), server.values(_EXTENSIONS), schemas)


def copy_schemas(server, loader, schemas, source, target):
    """Functions of administrators, from the database as it is now into one that is still empty."""
    if not schemas:
        return
    binaries, child = loader.options["binaries"], loader.options["child"]
    dump = ["--format=custom", "--schema-only", *(f"--schema={quoted(name)}" for name in schemas)]
    copied = program(binaries, "pg_dump", "--no-password", *dump, f"--dbname={server.conninfo_of(source)}", **child)
    with Pipeline([copied, loader.pg_restore(server.conninfo_of(target))], stdout=subprocess.DEVNULL) as pipeline:
        pipeline.finish()


@contextmanager
def loading(server, database, owner, owners):
    """Gives a connection string and its environment.

    What the role made itself is the owner's in the end.
    """
    password = secrets.token_hex(32)
    secret = literal(encrypted(server.connection, database, password))
    groups = ", ".join(quoted(name) for name in owners)
    # Named as the database, whose mark says what is left of a restore that was killed.
    server.insist(f"CREATE ROLE {quoted(database)} LOGIN PASSWORD {secret} IN ROLE {groups}")
    try:
        yield with_user(server.conninfo_of(database), database), {**os.environ, "PGPASSWORD": password}
        server.run_in(
            database, f"REASSIGN OWNED BY {quoted(database)} TO {quoted(owner)}; DROP OWNED BY {quoted(database)}"
        )
        drop(server, database)
    except (Damaged, Gone, StoreError):
        raise
    except BackupError as error:
        error.args = (
            f"{error}. It was loaded by a role that is no superuser, a member of {owner}, over the server's socket with a password. "
            f"If it needs a superuser and you trust whoever wrote the dump, add --as-superuser={contents.EVERYTHING}",
        )
        raise


def drop(server, name):
    """Whatever it was given meanwhile, and by whom: by the dump itself, or by the owner in a database of its own."""
    if not server.insist("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]):
        return
    server.insist(f"ALTER ROLE {quoted(name)} NOLOGIN")
    server.insist("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [name])
    # What concerns no database is taken from it in any.
    for database in {"postgres", *server.values(_WHERE_IT_HAS_SOMETHING, name)}:
        server.run_in(database, f"DROP OWNED BY {quoted(name)}")
    server.insist(f"DROP ROLE {quoted(name)}")


def drop_stray(server):
    """Those of restores that were ended, once their databases are gone."""
    for name in server.values(_STRAY):
        # One that stays cannot log in any more.
        with suppress(SessionError):
            drop(server, name)
