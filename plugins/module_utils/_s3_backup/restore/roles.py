# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles in a backup, which an administrator makes: only as backups write them, and none that may do more than others. Pure."""

from __future__ import annotations

import re

from ..dump.roles import OF_A_RESTORE
from ..errors import Refused

_NAME = r'"(?:[^"$]|""|\$(?!roles\$))+"'
_TEXT = r"E'(?:[^'\\$]|''|\\\\|\$(?!roles\$))*'"
_CREATION = re.compile(
    rf"DO \$roles\$ BEGIN CREATE ROLE (?P<name>{_NAME}) WITH (?P<flags>(?:(?:NO)?[A-Z]+ )+)CONNECTION LIMIT -?\d+"
    rf"(?: PASSWORD {_TEXT})?(?: VALID UNTIL {_TEXT})?;(?: ALTER ROLE (?P=name) SET {_NAME} = {_TEXT}(?:, {_TEXT})*;)*"
    r" EXCEPTION WHEN duplicate_object THEN NULL; END \$roles\$;\n"
)
_GRANT = re.compile(rf"GRANT (?P<group>{_NAME}) TO (?P<member>{_NAME});\n")
_HARMLESS = {"INHERIT", "NOINHERIT", "LOGIN", "NOLOGIN", "NOCREATEROLE", "NOCREATEDB", "NOREPLICATION", "NOBYPASSRLS"}


def creation(sql, existing, owners):
    """The SQL of the missing roles.

    :arg existing: roles that the server has; :arg owners: those of them whose members the missing ones may become.
    :raises Refused: when it is not what a backup writes, or would make a role that may do more than use databases.
    """
    statements, at = [], 0
    while at < len(sql):
        found = _CREATION.match(sql, at) or _GRANT.match(sql, at)
        if not found:
            raise Refused(f"the backup's roles are not as backups write them, from {sql[at : at + 80]!r}; {_INSTEAD}")
        if _is_wanted(found.groupdict(), existing, owners):
            statements.append(found.group())
        at = found.end()
    return "".join(statements)


_INSTEAD = "create the roles by hand, or, if you trust whoever wrote the dump, add --as-superuser=everything"


def _is_wanted(found, existing, owners):
    if OF_A_RESTORE.match(_plain(found.get("name") or found["member"])):
        return False
    if "member" in found:
        return _plain(found["member"]) not in existing and _plain(found["group"]) not in {*existing} - {*owners}
    name = _plain(found["name"])
    stronger = sorted({*found["flags"].split()} - _HARMLESS)
    if name not in existing and stronger:
        raise Refused(f"the backup's role {name} has {', '.join(stronger)}; {_INSTEAD}")
    return name not in existing


def _plain(name):
    return name[1:-1].replace('""', '"')
