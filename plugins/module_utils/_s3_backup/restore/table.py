# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of a backup: all definitions, so that its types and functions are there, but only its own rows and indexes."""

from __future__ import annotations

import re

_LEFT_OUT = re.compile(
    r"\d+; \d+ \d+ (FK CONSTRAINT|MATERIALIZED VIEW DATA|BLOB|LARGE OBJECT|EVENT TRIGGER|(ACL|COMMENT|SECURITY LABEL) - LARGE OBJECT)"
)
_TABLE_DATA = re.compile(r"(\d+); \d+ \d+ TABLE DATA (\S+) (.+) \S+")


def selected(contents, table):
    """The lines of ``pg_restore --list`` that one table needs. Pure.

    Rows of other tables and large objects are left out; so are foreign keys and refreshes of materialised views, which would
    miss these rows, and triggers that act on the whole database.
    """
    schema, name = table.split(".", 1)
    for line in contents.splitlines():
        if line.startswith(";"):
            continue
        data = _TABLE_DATA.fullmatch(line)
        if data:
            if (data.group(2), data.group(3)) == (schema, name):
                yield line
            continue
        if not _LEFT_OUT.match(line):
            yield line


def alone(document, table):
    """The manifest as it would be if the other tables had been empty. Pure."""
    tables = {name: rows if name == table else 0 for name, rows in document["tables"].items()}
    return {**document, "tables": tables, "large_objects": {"number": 0, "bytes": 0}}
