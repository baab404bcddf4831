# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who loads what of a backup on a server which people use: the owner's own by a role without superuser, the rest by its word."""

from __future__ import annotations

from typing import Any

from ..errors import Refused
from . import contents, role, roles
from .table import alone, selected


class Load:
    """``plan`` tells it, ``prepare`` asks the server, ``into`` does it. ``owner``: whose the database is meanwhile; None: a superuser's."""

    def __init__(self, server, loader, database, wishes, databases):
        """:arg database: that was backed up; :arg databases: all of its environment; :arg wishes: as of restore.Restore."""
        self.server, self.loader, self.database, self.wishes = server, loader, database, wishes
        self.databases, self.document = databases, loader.document
        self.is_trusted = contents.EVERYTHING in wishes["as_superuser"]
        self.owner = None if self.is_trusted else self._owner()
        self.about: Any = None
        self.parts: Any = None

    def _owner(self):
        return role.owner_of(self.server, self.database, self.document["database_properties"], self.databases)

    @property
    def left_out(self):
        return [*self.parts.left_out] if self.parts else []

    def plan(self):
        """Lines for a person."""
        if self.is_trusted:
            return ["load all of it as a superuser: what it runs while it is loaded may do everything on this server"]
        if self.server.missing_roles([self.owner]):
            return [f"load it as a member of {self.owner} that is no superuser, without what only one may load"]
        self.prepare()
        return [
            f"load it as a member of {self.owner} that is no superuser",
            *(f"load {word} as a superuser" for word in dict.fromkeys(self.wishes["as_superuser"])),
            *(f"leave out {word}, which only a superuser may load: --as-superuser={word}" for word in self.left_out),
        ]

    def create_roles(self, needed):
        """Those of the backup that the server lacks; others that are needed as ones that cannot log in."""
        sql = self.loader.roles()
        if not self.is_trusted:
            existing = self.server.values("SELECT rolname FROM pg_roles")
            sql = roles.creation(sql, existing, role.owners(self.server, self.owner))
        self.server.run(sql)
        self.server.create_placeholders(self.server.missing_roles(needed))

    def prepare(self):
        """:raises Refused: when nobody but a superuser can load it, for a word that stands for nothing, or without what is needed."""
        if not self.is_trusted:
            self.about = role.about(self.server, self.database, self.owner)
            self.parts = contents.parts(self.loader.contents(), self.about, self.wishes["as_superuser"])
            self._check_left_out()

    def _check_left_out(self):
        table = self.wishes["table"]
        for word, lines in self.parts.left_out.items() if table else ():
            if table not in contents.without(self.document, {word: lines})["tables"]:
                raise Refused(
                    f"only a superuser may load {table}: if you trust whoever wrote the dump, add --as-superuser={word}"
                )
        lost = [word for word in self.left_out if word not in self.wishes["leave_out"]]
        if self.wishes["overwrite"] and lost:
            raise Refused(
                f"{self.database} would be replaced by one without {', '.join(lost)}, which only a superuser may load: name "
                "each with --as-superuser=WORD if you trust whoever wrote the dump, or with --leave-out=WORD"
            )

    def into(self, loaded):
        """:returns: the manifest as it would be without what was not to be loaded."""
        as_superuser = self.server.conninfo_of(loaded)
        if self.is_trusted:
            lines = self._chosen(self.loader.contents().splitlines()) if self.wishes["table"] else None
            self.loader.restore(as_superuser, lines)
            return self._expected(self.document)
        role.copy_schemas(self.server, self.loader, self.about.schemas, self.database, loaded)
        if self.parts.first:
            self.loader.restore(as_superuser, self.parts.first)
        with role.loading(self.server, loaded, self.owner, self.about.owners) as (conninfo, environment):
            for lines in contents.in_order(self.parts.own, self.owner):
                self.loader.restore(conninfo, self._chosen(lines), environment)
        last = self._chosen(self.parts.last)
        if last:
            self.loader.restore(as_superuser, last)
        return self._expected(contents.without(self.document, self.parts.left_out))

    def _chosen(self, lines):
        table = self.wishes["table"]
        return [*selected("\n".join(lines), table, self.document["roles"]["referenced"])] if table else lines

    def _expected(self, document):
        return alone(document, self.wishes["table"]) if self.wishes["table"] else document
