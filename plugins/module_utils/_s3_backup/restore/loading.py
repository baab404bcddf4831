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

from ..catalogue.verify import checked
from ..errors import BackupError, Damaged, Gone
from ..machine import room
from ..machine.digest import Digest
from ..machine.pipeline import Command, Pipeline, to_the_end
from ..machine.pipeline import run as run_command
from ..machine.session import program
from ..s3.store import StoreError

_UNPACK = Command("zstd", ["zstd", "-q", "-d", "-c"])
_COPY = Command("cat", ["cat"])


class Loader:
    """One backup on its way back."""

    def __init__(self, store, directory, document, decrypt, progress, options):
        """:arg decrypt: commands of encryption.decrypting; :arg progress: None where nobody watches.

        :arg options: dict with ``binaries``, ``jobs``, ``work_directory``, ``free_percent``, ``arguments`` (of pg_restore) and
            ``child`` (arguments of subprocess for programs that talk to the server).
        """
        self.store, self.directory, self.document = store, directory, document
        self.decrypt, self.progress, self.options = decrypt, progress, options

    @property
    def unpacked_bytes(self):
        """Of the dump as a file."""
        return sum(entry["plain_size"] for entry in self._dump())

    def contents(self):
        """What ``pg_restore --list`` says of the dump, whose beginning has it."""
        if self.document["mode"] != "stream":
            # Backups of earlier releases: a file of its own has it.
            with self.staged([entry for entry in self._dump() if "/toc.dat" in entry["name"]]) as path:
                return run_command(self._program("--list", path))
        source = (chunk for entry in self._dump() for chunk in checked(self.store, self.directory, entry))
        with Pipeline([*self.decrypt, _UNPACK, self._program("--list")], source=source) as pipeline:
            text = pipeline.output.readall()
            _name, reader, _words = pipeline.processes[-1]
            # It needs no more, so those before it end for want of a reader.
            if reader.wait():
                pipeline.finish()
        return text.decode(errors="replace")

    def restore(self, conninfo, lines=None, environment=None):
        """Loads the dump, or these lines of its list.

        :raises Damaged: when what was stored is not what was uploaded; :raises BackupError: with pg_restore's words.
        """
        with _listed(lines) as chosen:
            if self.document["mode"] == "stream" and self.options["jobs"] == 1:
                # All of the stream counts for the checksum.
                last = to_the_end(self.pg_restore(conninfo, *chosen, environment=environment))
                self._pass(self._dump(), [_UNPACK], [last], subprocess.DEVNULL)
                return
            jobs = f"--jobs={self.options['jobs']}"
            with self.staged() as path:
                run_command(self.pg_restore(conninfo, jobs, *chosen, path, environment=environment))

    @contextmanager
    def staged(self, entries=None):
        """The decrypted dump on the disk, or these entries of it, as pg_restore reads it; removed at the end."""
        place = self.options["work_directory"]
        room.require(place, self.unpacked_bytes, self.options["free_percent"], "the unpacked dump")
        try:
            directory = tempfile.mkdtemp(prefix="restore-", dir=place)
        except OSError as error:
            raise BackupError(f"cannot write {place}: {error.strerror}") from error
        try:
            self._stage(directory, entries or self._dump())
            for path, _names, files in os.walk(directory):
                for name in [".", *files]:
                    _give(os.path.join(path, name), self.options["child"])
            yield os.path.join(directory, "dump") if self.document["mode"] == "stream" else directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def _stage(self, directory, entries):
        for name, objects, unpack in self._files(entries):
            self._write(objects, unpack, os.path.join(directory, name))

    def _files(self, entries):
        """(name, objects, commands that unpack them) of each file as pg_restore reads it."""
        if self.document["mode"] == "stream":
            return [("dump", entries, [_UNPACK])]
        # Backups of earlier releases: pg_restore reads each file as it is.
        names = [os.path.basename(entry["name"]) for entry in entries]
        return [
            (name[: -len(".age")] if name.endswith(".age") else name, [entry], [])
            for name, entry in zip(names, entries)
        ]

    def files(self):
        """[name, bytes] of each file that ``feed`` writes."""
        return [[name, objects[0]["plain_size"]] for name, objects, _unpack in self._files(self._dump())]

    def feed(self, file):
        """Writes the decrypted dump into a file or socket, as what ``files`` names, one after the other.

        :raises Damaged: when what was stored is not what was uploaded; :raises BackupError: when the reader hung up, too.
        """
        for _name, objects, unpack in self._files(self._dump()):
            self._pass(objects, unpack, [_COPY], file)

    def _write(self, entries, unpack, path):
        try:
            with open(path, "wb") as file:
                self._pass(entries, unpack, [_COPY], file)
        except OSError as error:
            raise BackupError(f"cannot write {path}: {error.strerror}") from error

    def roles(self):
        """The SQL of the environment's roles; empty where the backup has none."""
        entries = [entry for entry in self.document["objects"] if _is_roles(entry)]
        return self._pass(entries, [_UNPACK], [_COPY], subprocess.PIPE).decode() if entries else ""

    def _dump(self):
        return [entry for entry in self.document["objects"] if not _is_roles(entry)]

    def _pass(self, entries, unpack, last, stdout):
        """One stream through decryption and decompression into the last commands; gives their output if it is a pipe.

        :arg entries: its objects in their order; the first one tells of the whole.
        """
        plain = Digest()
        seen = [self.progress.add] if self.progress else []
        source = (chunk for entry in entries for chunk in checked(self.store, self.directory, entry, *seen))
        with Pipeline([*self.decrypt, *unpack, plain, *last], source=source, stdout=stdout) as pipeline:
            try:
                content = pipeline.output.readall() if pipeline.output else None
                pipeline.finish()
            except (Damaged, Gone, StoreError):
                raise
            except BackupError as error:
                # A damaged stream makes these programs fail before its checksum is known.
                for entry in entries:
                    for _chunk in checked(self.store, self.directory, entry):
                        pass
                raise error
        if (plain.size, plain.hex()) != (entries[0]["plain_size"], entries[0]["plain_sha256"]):
            raise Damaged(f"{self.directory}{entries[0]['name']} does not decrypt to what was dumped")
        return content

    def pg_restore(self, conninfo, *arguments, environment=None):
        command = self._program(
            "--exit-on-error", "--no-password", f"--dbname={conninfo}", *self.options["arguments"], *arguments
        )
        return command._replace(options={**command.options, "env": environment}) if environment else command

    def _program(self, *arguments):
        return program(self.options["binaries"], "pg_restore", *arguments, **self.options["child"])


@contextmanager
def _listed(lines):
    """The option of pg_restore that loads these lines only; none without any."""
    if lines is None:
        yield []
        return
    with tempfile.NamedTemporaryFile("w", prefix="list-", suffix=".txt") as listed:
        listed.write("\n".join(lines) + "\n")
        listed.flush()
        os.chmod(listed.name, 0o644)
        yield [f"--use-list={listed.name}"]


def _is_roles(entry):
    return entry["name"].startswith("roles.sql")


def _give(path, child):
    if child:
        os.chown(path, child["user"], child["group"])
