# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dump of one database does not recreate under another name: the database itself, its settings and privileges. Pure."""

from __future__ import annotations

import re

from ..dump.roles import setting
from ..machine.session import literal, quoted


def creation(database, properties):
    """CREATE DATABASE for the properties in a manifest; its owner comes with the rest, at the end."""
    row = properties["row"]
    clauses = [
        "TEMPLATE template0",
        f"ENCODING {literal(properties['encoding'])}",
        f"LC_COLLATE {literal(row['datcollate'])}",
        f"LC_CTYPE {literal(row['datctype'])}",
    ]
    locale = row.get("datlocale") or row.get("daticulocale")
    if row.get("datlocprovider") == "i":
        clauses.append(f"LOCALE_PROVIDER icu ICU_LOCALE {literal(locale)}")
        if row.get("daticurules"):
            clauses.append(f"ICU_RULES {literal(row['daticurules'])}")
    elif row.get("datlocprovider") == "b":
        clauses.append(f"LOCALE_PROVIDER builtin BUILTIN_LOCALE {literal(locale)}")
    return f"CREATE DATABASE {quoted(database)} {' '.join(clauses)}"


def role_names(document):
    """The roles that have to exist. Earlier releases did not list those that only have settings in the database."""
    found = [entry["role"] for entry in document["database_properties"].get("role_settings", [])]
    return [*dict.fromkeys([*document["roles"]["referenced"], *found])]


def finishing(database, properties):
    """Statements that give a database the owner, settings, privileges and comment in a manifest."""
    name = quoted(database)
    yield f"ALTER DATABASE {name} OWNER TO {quoted(properties['owner'])}"
    yield f"ALTER DATABASE {name} CONNECTION LIMIT {int(properties['row']['datconnlimit'])}"
    if properties["row"].get("datistemplate"):
        yield f"ALTER DATABASE {name} IS_TEMPLATE true"
    for entry in properties["settings"]:
        yield f"ALTER DATABASE {name} {setting(entry)}"
    for entry in properties.get("role_settings", []):
        yield f"ALTER ROLE {quoted(entry['role'])} IN DATABASE {name} {setting(entry['setting'])}"
    comment = properties.get("comment")
    yield f"COMMENT ON DATABASE {name} IS {literal(comment) if comment else 'NULL'}"
    # None: the database had PostgreSQL's own defaults, as the new one has.
    if properties["grants"] is None:
        return
    yield f"REVOKE ALL ON DATABASE {name} FROM PUBLIC, {quoted(properties['owner'])}"
    for grant in properties["grants"]:
        if not re.fullmatch(r"[A-Z ]+", grant["privilege"]):
            continue
        grantee = quoted(grant["grantee"]) if grant["grantee"] else "PUBLIC"
        option = " WITH GRANT OPTION" if grant["grantable"] else ""
        yield f"GRANT {grant['privilege']} ON DATABASE {name} TO {grantee}{option}"
