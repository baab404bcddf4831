# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup into a database that people use: under a new name, or over the existing one once that is safe."""

from __future__ import annotations

from datetime import datetime, timezone

from ..catalogue.manifest import omitted
from ..catalogue.verify import manifest_of
from ..errors import BackupError, Refused, Stopped
from ..machine import room
from ..machine.encryption import decrypting
from ..machine.privileges import child_arguments
from ..machine.text import readable
from . import mark, role
from .load import Load
from .loading import Loader
from .naming import give_name, postponed
from .properties import role_names
from .size import database_bytes, unpacked_bytes
from .target import Server, check_name, compare


class Restore:
    """What is asked for, checked against the backup and the server; ``plan`` tells it, ``carry_out`` does it."""

    def __init__(self, configuration, store, backup, wishes):
        """:arg wishes: dict with C(into), C(overwrite), C(table), C(identity), C(jobs), C(create_roles), C(as_superuser) and
        C(leave_out).
        """
        self.configuration, self.store, self.backup, self.wishes = configuration, store, backup, wishes
        self.document, _digest = manifest_of(store, backup)
        self.settings, self.user = configuration["restore"], configuration["users"]["restore"]
        stamp = backup.id.split("-")[0].lower()
        self.target = wishes["overwrite"] or wishes["into"] or f"{backup.database}_restored_{stamp}"
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
        check_name(name)
        return name

    def server(self):
        return Server(self.settings["conninfo"], self.user)

    def plan(self, server):
        """What will be done, a line each.

        :raises Refused: when the server does not allow it as it is, or has no room.
        """
        self._check_server(server)
        what = (
            f"table {self.wishes['table']} of {self.backup.database}" if self.wishes["table"] else self.backup.database
        )
        lines = [self._check_room(server)]
        for name, left in server.marked(self.target).items():
            was = "drop it, a restore that was ended left it" if left["state"] == mark.LOADING else "leave it as it is"
            lines.append(f"{name} holds {left['backup']} for {self.target}: {was}")
        lines.append(f"restore {what} from {self.backup.id} ({self.backup.state}) into a new database")
        lines += self._load(server, None).plan()
        lines += [f"without {omission}, which the backup does not hold" for omission in omitted(self.document)]
        missing = server.missing_tablespaces(self._tablespaces())
        if missing:
            lines.append(f"everything into the default tablespace, since there is no {', '.join(missing)}")
        if self.wishes["create_roles"]:
            lines += [f"create the missing role {name}" for name in server.missing_roles(self._roles())]
        if self.aside:
            lines = ["make a safety backup of the database as it is now", *lines]
            lines.append(f"end all connections to {self.target} and rename it to {self.aside}; it stays there")
        return [*lines, f"compare row counts, then name the new database {self.target}"]

    def _load(self, server, progress):
        databases = self.configuration["databases"]
        return Load(server, self._loader(server, progress), self.backup.database, self.wishes, databases)

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

    def _check_room(self, server):
        """Every member on this machine gets a copy."""
        needed = database_bytes(self.document) * self.settings["members"]
        path, members = server.data_directory(), self.settings["members"]
        if self.document["mode"] == "directory":
            # Of earlier releases, whose files pg_restore reads; a stream needs none.
            margin = self.settings["free_percent"]
            room.require(self.settings["work_directory"], unpacked_bytes(self.document), margin, "the unpacked dump")
        if not path:
            return f"it needs {readable(needed)} on the server; whether they are free cannot be seen from here"
        room.require(path, needed, self.settings["free_percent"], f"the database, for {members} members,")
        return f"{path} has room for {readable(needed)}, the database for {members} members"

    def _roles(self):
        return role_names(self.document)

    def _tablespaces(self):
        return self.document["database_properties"].get("tablespaces", [])

    def carry_out(self, server, progress_of):
        """:returns: dict with C(database), C(backup), C(rows), C(tables), C(aside) and C(left_out).

        :raises NotNamed: when it was loaded, and is kept under another name.
        """
        with server.locked(self.target):
            # Somebody may have come in between.
            self._check_server(server)
            rows, left_out = self._restore(server, progress_of)
        return {
            "database": self.target,
            "backup": self.backup.id,
            "tables": len(rows),
            "rows": sum(rows.values()),
            "aside": self.aside,
            "left_out": left_out,
        }

    def _restore(self, server, progress_of):
        progress = progress_of(f"restore of {self.backup.id}", sum(entry["size"] for entry in self.document["objects"]))
        load = self._load(server, progress)
        role.drop_stray(server)
        for name, left in server.marked(self.target).items():
            if left["state"] == mark.LOADING:
                server.drop_marked(name, self.target)
        if self.wishes["create_roles"]:
            load.create_roles(self._roles())
        properties = self.document["database_properties"]
        load.prepare()
        loaded = None
        try:
            with postponed():
                loaded = server.create_marked(self.target, self.backup.id, properties, load.owner)
            document = load.into(loaded)
        except BaseException as error:
            if loaded:
                drop_after(error, server, loaded)
            raise
        finally:
            progress.finish()
        # From here on hours of work are in it.
        try:
            with postponed():
                server.set_mark(loaded, mark.LOADED, self.target, self.backup.id)
            rows = compare(document, server.count(loaded))
            server.analyze(loaded)
            if load.owner:
                properties = {**properties, "owner": load.owner}
            give_name(server, loaded, self.target, properties, self.aside)
        except (BackupError, Stopped) as error:
            error.args = (f"{error}. What was loaded is kept as {loaded}; look at it, then rename or drop it",)
            raise
        return rows, load.left_out

    def _loader(self, server, progress):
        identity = self.wishes["identity"] or self.configuration["drill"]["identity_file"]
        options = {
            "binaries": self.configuration["source"]["binaries"],
            "jobs": self._jobs(server),
            "work_directory": self.settings["work_directory"],
            "free_percent": self.settings["free_percent"],
            "arguments": ["--no-tablespaces"] if server.missing_tablespaces(self._tablespaces()) else [],
            "child": child_arguments(self.user),
        }
        decrypt = decrypting(self.document["encryption"]["method"], identity)
        return Loader(self.store, self.backup.directory, self.document, decrypt, progress, options)

    def _jobs(self, server):
        """More than one only where the unpacked dump fits beside the database."""
        jobs, margin = self.wishes["jobs"] or self.settings["jobs"], self.settings["free_percent"]
        if jobs == 1 or not server.data_directory():
            return jobs
        needed = database_bytes(self.document) * self.settings["members"] + unpacked_bytes(self.document)
        return 1 if room.missing(self.settings["work_directory"], needed, margin) else jobs


def drop_after(reason, server, loaded):
    """Drops what was made; what failed is told, whatever fails after that."""
    try:
        server.drop(loaded)
    except BackupError as error:
        reason.args = (f"{reason}. It left {loaded}, which could not be dropped: {error}",)
