# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of an environment as SQL that never changes a role that exists. Pure."""

from __future__ import annotations

import re

from ..machine.session import literal, quoted

# Every role that the database's objects name, as owners or in privileges, and those that have settings of their own in it.
REFERENCED = """
SELECT DISTINCT r.rolname FROM pg_roles r
LEFT JOIN pg_shdepend s ON s.refobjid = r.oid AND s.refclassid = 'pg_authid'::regclass
LEFT JOIN pg_database d ON d.datname = current_database()
WHERE s.dbid = d.oid OR d.datdba = r.oid OR (s.classid = 'pg_database'::regclass AND s.objid = d.oid)
  OR r.oid IN (SELECT setrole FROM pg_db_role_setting WHERE setdatabase = d.oid) ORDER BY 1
"""

# Those of restores that are running (restore/role.py) are nobody's own.
OF_A_RESTORE = re.compile(r"^restore_[0-9a-f]{16}$")
_NAMES = re.compile(r'"(?:[^"]|"")*"|[^\s,"]+')
_FLAGS = {
    "inherit": "INHERIT",
    "createrole": "CREATEROLE",
    "createdb": "CREATEDB",
    "login": "LOGIN",
    "replication": "REPLICATION",
    "bypassrls": "BYPASSRLS",
}


def as_sql(own):
    """SQL that creates the roles which do not exist, and grants them to each other.

    :arg own: dicts as C(environment_roles.sql) gives them.
    """
    own = [role for role in own if not OF_A_RESTORE.match(role["name"])]
    names = {role["name"] for role in own}
    return "".join(f"{create(role)}\n" for role in own) + "".join(
        f"GRANT {quoted(group)} TO {quoted(role['name'])};\n"
        for role in own
        for group in role["member_of"]
        if group in names
    )


def create(role):
    """SQL that creates one role with its secret and settings, unless one of that name exists."""
    name = quoted(role["name"])
    options = [word if role.get(flag) else f"NO{word}" for flag, word in _FLAGS.items()]
    options.append(f"CONNECTION LIMIT {int(role['connection_limit'])}")
    if role["secret"]:
        options.append(f"PASSWORD {literal(role['secret'])}")
    if role["valid_until"]:
        options.append(f"VALID UNTIL {literal(role['valid_until'])}")
    statements = [f"CREATE ROLE {name} WITH {' '.join(options)};"]
    statements += [f"ALTER ROLE {name} {setting(entry)};" for entry in role["settings"]]
    return unless_exists(" ".join(statements))


def placeholder(name):
    """SQL that creates a role which owns or may use something in a dump, and that nobody can log in as."""
    return unless_exists(f"CREATE ROLE {quoted(name)} NOLOGIN;")


def unless_exists(statements):
    return f"DO $roles$ BEGIN {statements} EXCEPTION WHEN duplicate_object THEN NULL; END $roles$;"


def setting(entry):
    """``SET name = value`` from an entry of C(pg_db_role_setting)."""
    name, _equals, value = entry.partition("=")
    if name in (
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "local_preload_libraries",
        "temp_tablespaces",
    ):
        # A list of names, kept as text that is quoted already; an empty one has no other spelling than an empty name.
        names = [found[1:-1].replace('""', '"') if found.startswith('"') else found for found in _NAMES.findall(value)]
        return f"SET {quoted(name)} = {', '.join(map(literal, names or ['']))}"
    return f"SET {quoted(name)} = {literal(value)}"
