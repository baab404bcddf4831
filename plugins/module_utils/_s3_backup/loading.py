# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the store into a database: the stream is checked while it passes, and files are made only where pg_restore needs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

from .chain import Chain, Command
from .chain import run as run_command
from .digest import Digest
from .errors import BackupError, Damaged
from .session import program
from .verify import checked

_UNPACK = Command("zstd", ["zstd", "-q", "-d", "-c"])
_COPY = Command("cat", ["cat"])


class Loader:
    """One backup on its way back."""

    def __init__(self, store, directory, document, decrypt, progress, options):
        """:arg decrypt: commands of encryption.decrypting.

        :arg options: dict with ``binaries``, ``jobs``, ``work_directory`` and ``child`` (arguments of subprocess for programs
            that talk to the server).
        """
        self.store, self.directory, self.document = store, directory, document
        self.decrypt, self.progress, self.options = decrypt, progress, options

    def restore(self, conninfo):
        """Loads the whole dump into an empty database.

        :raises Damaged: when what was stored is not what was uploaded; :raises BackupError: with pg_restore's words.
        """
        if self.document["mode"] == "stream" and self.options["jobs"] == 1:
            entry = self._dump_entries()[0]
            self._pass(entry, self._unpack(), [self._pg_restore(conninfo)], subprocess.DEVNULL)
            return
        with self.staged() as path:
            run_command(self._pg_restore(conninfo, f"--jobs={self.options['jobs']}", path))

    @contextmanager
    def staged(self, wanted=lambda name: True):
        """The decrypted dump on the disk, as pg_restore reads it; removed at the end.

        :arg wanted: whether a file of a dump in directory mode is needed.
        """
        try:
            directory = tempfile.mkdtemp(prefix="restore-", dir=self.options["work_directory"])
        except OSError as error:
            raise BackupError(f"cannot write {self.options['work_directory']}: {error.strerror}") from error
        try:
            for entry in self._dump_entries():
                if wanted(entry["name"]):
                    self._stage(entry, directory)
            for path, _names, files in os.walk(directory):
                for name in [".", *files]:
                    _give(os.path.join(path, name), self.options["child"])
            yield os.path.join(directory, "dump") if self.document["mode"] == "stream" else directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def roles(self):
        """The SQL of the environment's roles; empty where the backup has none."""
        for entry in self.document["objects"]:
            if entry["name"].startswith("roles.sql"):
                return self._pass(entry, [_UNPACK], [_COPY], subprocess.PIPE).decode()
        return ""

    def _dump_entries(self):
        return [entry for entry in self.document["objects"] if not entry["name"].startswith("roles.sql")]

    def _stage(self, entry, directory):
        name = "dump"
        if self.document["mode"] == "directory":
            name = os.path.basename(entry["name"])
            name = name[: -len(".age")] if name.endswith((".age", ".gpg")) else name
        try:
            with open(os.path.join(directory, name), "wb") as file:
                self._pass(entry, self._unpack(), [_COPY], file)
        except OSError as error:
            raise BackupError(f"cannot write {directory}: {error.strerror}") from error

    def _unpack(self):
        """pg_restore reads the files of a dump in directory mode as they are."""
        return [_UNPACK] if self.document["mode"] == "stream" else []

    def _pass(self, entry, unpack, last, stdout):
        """One object through decryption and decompression into the last commands; gives their output if it is a pipe."""
        plain = Digest()
        source = checked(self.store, self.directory, entry, self.progress.add)
        with Chain([*self.decrypt, *unpack, plain, *last], source=source, stdout=stdout) as chain:
            try:
                content = chain.output.readall() if chain.output else None
                chain.finish()
            except Damaged:
                raise
            except BackupError as error:
                # A damaged stream makes these programs fail before its checksum is known.
                for _chunk in checked(self.store, self.directory, entry):
                    pass
                raise error
        if (plain.size, plain.hex()) != (entry["plain_size"], entry["plain_sha256"]):
            raise Damaged(f"{self.directory}{entry['name']} does not decrypt to what was dumped")
        return content

    def _pg_restore(self, conninfo, *arguments):
        return program(
            self.options["binaries"],
            "pg_restore",
            "--exit-on-error",
            "--no-password",
            f"--dbname={conninfo}",
            *arguments,
            **self.options["child"],
        )


def _give(path, child):
    if child:
        os.chown(path, child["user"], child["group"])
