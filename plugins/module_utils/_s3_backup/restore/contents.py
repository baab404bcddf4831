# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an archive holds, by pg_restore's list: what the environment's own role may load, and what only a superuser may. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..errors import Refused

# The word for the whole archive.
EVERYTHING = "everything"
# PostgreSQL's name for the owner of the database, whoever that is.
_WHOEVER_OWNS = "pg_database_owner"
_LINE = re.compile(r"\d+; \d+ \d+ .+")
# What is said about an object goes where the object goes.
_ABOUT = re.compile(r"(?:ACL|COMMENT|SECURITY LABEL) (?:-|\S+) (?=[A-Z]{2})")
_NAMED = re.compile(r"(EXTENSION|EVENT TRIGGER|SUBSCRIPTION) (?:- )?(.*)")
_OBJECTS = "BLOBS - BLOBS "
# Others are made of these, so they come first.
_FIRST = re.compile(r"EXTENSION|SCHEMA (?!- public )|FOREIGN DATA WRAPPER|PROCEDURAL LANGUAGE")
_OF_SCHEMAS = re.compile(r"SCHEMA - |ACL - SCHEMA ")


class Server(NamedTuple):
    """What the server that is restored into says."""

    # Roles whose objects the loading role may make, and all roles.
    owners: Iterable[str]
    roles: Iterable[str]
    # Extensions that need no superuser.
    extensions: Iterable[str]
    # Schemas that come from the database as it is now.
    schemas: Iterable[str]


class Parts(NamedTuple):
    """Lines of the list: what the loading role loads, and what a superuser loads before and after; and what is left out, by its word."""

    first: list[str]
    own: list[str]
    last: list[str]
    left_out: dict[str, list[str]]


def parts(contents, server, words):
    """:arg words: of what a superuser loads; :raises Refused: for one that stands for nothing in the archive."""
    own, needing = _divided(contents, server)
    unknown = [word for word in words if word not in needing]
    if unknown:
        raise Refused(
            f"--as-superuser is {unknown[0]}, expected one of {', '.join([*needing, EVERYTHING])}: what the backup has and a role "
            "without superuser cannot load"
        )
    own = _without_objects(own, needing, words)
    chosen = {line for word in words for line in needing[word]}
    # pg_restore keeps to the order of its list.
    ordered = [line for line in contents.splitlines() if line in chosen]
    first = [line for line in ordered if _FIRST.match(_entry(line))]
    last = [line for line in ordered if not _FIRST.match(_entry(line))]
    return Parts(first, own, last, {word: lines for word, lines in needing.items() if word not in words})


def in_order(lines, owner):
    """The lines in the passes that they need: one, but for an owner of tables in others' schemas, which has to be allowed there first."""
    early = [line for line in lines if _OF_SCHEMAS.match(_entry(line))]
    is_needed = any(
        _entry(line).startswith("ACL ") and not line.endswith((f" {owner}", f" {_WHOEVER_OWNS}")) for line in early
    )
    return [early, [line for line in lines if not _OF_SCHEMAS.match(_entry(line))]] if is_needed else [lines]


def _divided(contents, server):
    own: list[str] = []
    needing: dict[str, list[str]] = {}
    for line in contents.splitlines():
        if not _LINE.fullmatch(line) or _is_of_schema(_entry(line), server.schemas):
            continue
        word = _word(_entry(line), server)
        if word:
            needing.setdefault(word, []).append(line)
        else:
            own.append(line)
    return own, needing


def _without_objects(own, needing, words):
    """Before PostgreSQL 17 the content of all large objects is one entry, which whoever may load each of them loads.

    :raises Refused: when some would not be there.
    """
    content = [line for line in own if _entry(line) == _OBJECTS]
    others = [word for word, lines in needing.items() if any(_entry(line).startswith("BLOB ") for line in lines)]
    if not content or not others:
        return own
    missing = [word for word in others if word not in words]
    if missing:
        raise Refused(
            f"the backup's large objects can only be loaded together, and some need {missing[0]}: add --as-superuser={missing[0]}"
        )
    needing[others[0]] += content
    return [line for line in own if line not in content]


def _entry(line):
    """What the list says of an entry after its numbers."""
    return line.split(" ", 3)[3]


def _is_of_schema(entry, schemas):
    """Whether it is one of these schemas, is in one or is said about one."""
    subject = _ABOUT.sub("", entry)
    return any(
        re.match(rf"SCHEMA (?:- )?{re.escape(name)} ", subject) or re.match(rf"[A-Z ]+ {re.escape(name)} ", entry)
        for name in schemas
    )


def _word(entry, server):
    owner = _owner(entry, server.roles)
    named = _NAMED.match(_ABOUT.sub("", entry))
    if named:
        kind, name = named.group(1), named.group(2).removesuffix(f" {owner}").strip()
        return None if kind == "EXTENSION" and name in server.extensions else f"{kind.lower().replace(' ', '_')}:{name}"
    return f"owner:{owner}" if owner and owner not in {_WHOEVER_OWNS, *server.owners} else None


def _owner(entry, roles):
    """The list does not say where a name ends; a role that the server has is taken before a word."""
    if entry.endswith(" "):
        return ""
    return max((name for name in roles if entry.endswith(f" {name}")), key=len, default=entry.rpartition(" ")[2])


def without(document, left_out):
    """The manifest as it would be without what was left out, for the comparison of rows."""
    entries = {_entry(line) for lines in left_out.values() for line in lines}
    owners = [word.partition(":")[2] for word in left_out]
    tables = {name: rows for name, rows in document["tables"].items() if not _is_left_out(name, entries, owners)}
    has_objects = any(entry.startswith("BLOB") for entry in entries)
    return {**document, "tables": tables, "large_objects": None if has_objects else document.get("large_objects")}


def _is_left_out(table, entries, owners):
    names = [f"TABLE {table[:dot]} {table[dot + 1 :]} " for dot, mark in enumerate(table) if mark == "."]
    return any(name + owner in entries for name in names for owner in owners)
