# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup into a database that people use: under a new name, or over the existing one once that is safe."""

from __future__ import annotations

from datetime import datetime, timezone

from .encryption import decrypting
from .errors import Refused
from .loading import Loader
from .privileges import child_arguments
from .table import restore_table
from .target import INCOMING, Server, check_name
from .verify import manifest_of


class Restore:
    """What is asked for, checked against the backup and the server; ``plan`` tells it, ``carry_out`` does it."""

    def __init__(self, configuration, store, backup, wishes):
        """:arg wishes: dict with C(into), C(overwrite), C(table), C(identity), C(jobs) and C(create_roles)."""
        self.configuration, self.store, self.backup, self.wishes = configuration, store, backup, wishes
        self.document, _digest = manifest_of(store, backup)
        self.settings, self.user = configuration["restore"], configuration["users"]["restore"]
        stamp = backup.id.split("-")[0].lower()
        self.target = wishes["overwrite"] or wishes["into"] or f"{backup.database}_restored_{stamp}"
        self.incoming = self.target + INCOMING
        check_name(self.target)
        if wishes["overwrite"]:
            self._check_overwriting()
        self.aside = self._aside() if wishes["overwrite"] else None
        if wishes["table"] and wishes["table"] not in self.document["tables"]:
            raise Refused(
                f"{backup.id} has no table {wishes['table']}; expected schema.table, as one of "
                f"{', '.join(sorted(self.document['tables'])[:10])}"
            )

    def _check_overwriting(self):
        name, database = self.wishes["overwrite"], self.backup.database
        if name != database:
            raise Refused(f"--overwrite-name is {name}, the backup is of {database}; repeat that name, or use --into")
        if self.wishes["into"] or self.wishes["table"]:
            raise Refused(
                "--overwrite-name restores the whole database over its own name; leave out --into and --table"
            )

    def _aside(self):
        name = f"{self.target}_before_{datetime.now(timezone.utc):%Y%m%dt%H%M%Sz}"
        check_name(name, "")
        return name

    def server(self):
        return Server(self.settings["conninfo"], self.user)

    def plan(self, server):
        """What will be done, a line each.

        :raises Refused: when the server does not allow it as it is.
        """
        self._check_server(server)
        what = (
            f"table {self.wishes['table']} of {self.backup.database}" if self.wishes["table"] else self.backup.database
        )
        lines = [f"restore {what} from {self.backup.id} ({self.backup.state}) into {self.incoming}"]
        if self.wishes["create_roles"]:
            lines += [f"create the missing role {name}" for name in server.missing_roles(self._roles())]
        if self.aside:
            lines = ["make a safety backup of the database as it is now", *lines]
            lines.append(f"end all connections to {self.target} and rename it to {self.aside}; it stays there")
        return [*lines, f"compare row counts, then rename {self.incoming} to {self.target}"]

    def _check_server(self, server):
        if self.aside:
            if not server.exists(self.target):
                raise Refused(
                    f"{self.target} does not exist on the server, so there is nothing to overwrite; use --into"
                )
            if server.exists(self.aside):
                raise Refused(f"{self.aside} exists already, from an earlier restore; drop or rename it first")
        elif server.exists(self.target):
            raise Refused(f"the database {self.target} exists; choose another name with --into, or drop it first")
        missing = server.missing_roles(self._roles())
        if missing and not self.wishes["create_roles"]:
            raise Refused(
                f"these roles do not exist on the server: {', '.join(missing)}. Converge it first, or add --create-roles: own "
                "ones are then made from the backup, others as roles that cannot log in"
            )

    def _roles(self):
        return self.document["roles"]["referenced"]

    def carry_out(self, server, progress_of):
        """:returns: dict with C(database), C(backup), C(rows), C(tables) and C(aside)."""
        identity = self.wishes["identity"] or self.configuration["drill"]["identity_file"]
        progress = progress_of(f"restore of {self.backup.id}", sum(entry["size"] for entry in self.document["objects"]))
        options = {
            "binaries": self.configuration["source"]["binaries"],
            "jobs": self.wishes["jobs"] or self.settings["jobs"],
            "work_directory": self.settings["work_directory"],
            "child": child_arguments(self.user),
        }
        with decrypting(self.document["encryption"]["method"], identity) as decrypt:
            loader = Loader(self.store, self.backup.directory, self.document, decrypt, progress, options)
            if self.wishes["create_roles"]:
                server.run(loader.roles())
                server.create_placeholders(server.missing_roles(self._roles()))
            try:
                rows = self._load(server, loader)
            except BaseException:
                server.drop(self.incoming)
                raise
            finally:
                progress.finish()
        self._name(server)
        return {
            "database": self.target,
            "backup": self.backup.id,
            "tables": len(rows),
            "rows": sum(rows.values()),
            "aside": self.aside,
        }

    def _load(self, server, loader):
        properties = self.document["database_properties"]
        # Of a restore that was killed: this name is nobody else's.
        server.drop(self.incoming)
        server.create(self.incoming, properties)
        conninfo = server.conninfo_of(self.incoming)
        document = self.document
        if self.wishes["table"]:
            document = restore_table(loader, conninfo, self.wishes["table"])
        else:
            loader.restore(conninfo)
        rows = server.compare(self.incoming, document)
        server.analyze(self.incoming)
        server.apply_properties(self.incoming, properties)
        return rows

    def _name(self, server):
        """The restored database gets its name; the one that had it is put aside, and back if that fails."""
        if not self.aside:
            server.rename(self.incoming, self.target)
            return
        server.close_to_clients(self.target)
        try:
            server.rename(self.target, self.aside)
            try:
                server.rename(self.incoming, self.target)
            except BaseException:
                server.rename(self.aside, self.target)
                raise
        except BaseException:
            server.open_to_clients(self.target)
            raise
