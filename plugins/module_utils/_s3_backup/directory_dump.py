# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dump in parallel: pg_dump writes a file for each table, and each goes to the store and from the disk once it is closed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed

from .chain import CHUNK, Chain, Command
from .closed_files import ClosedFiles
from .digest import Digest
from .errors import BackupError
from .manifest import entry
from .session import program
from .upload import Multipart, part_bytes

# Without it pg_restore cannot begin, so it is the last one.
_CONTENTS = "toc.dat"


class DirectoryDump:
    """As a context manager: left without ``complete``, everything is given up."""

    compression = "gzip"

    def __init__(self, configuration, store, source, directory, encrypt, suffix):
        self.settings, self.store, self.source = configuration["source"], store, source
        self.directory, self.encrypt, self.suffix = directory, encrypt, suffix
        self.entries, self.open = [], []
        try:
            self.staging = tempfile.mkdtemp(prefix="dump-", dir=self.settings["staging_directory"])
        except OSError as error:
            raise BackupError(f"cannot write {self.settings['staging_directory']}: {error.strerror}") from error

    def send(self, seen):
        closed = ClosedFiles(self.staging)
        dump = program(
            self.settings["binaries"],
            "pg_dump",
            "--format=directory",
            f"--jobs={self.settings['jobs']}",
            "--compress=1",
            "--no-sync",
            f"--file={self.staging}",
            *self.source.dump_arguments(),
        )
        try:
            with Chain([dump], stdout=subprocess.DEVNULL) as chain, ThreadPoolExecutor(self.settings["jobs"]) as pool:
                self._send_while(chain, closed, pool, seen)
        finally:
            closed.close()
        self._send_file(_CONTENTS, seen)

    def _send_while(self, chain, closed, pool, seen):
        started = {}

        def begin(names):
            for name in names:
                if name != _CONTENTS and name not in started:
                    started[name] = pool.submit(self._send_file, name, seen)

        while chain.running():
            begin(closed.wait(0.5))
            for upload in started.values():
                if upload.done():
                    upload.result()
        chain.finish()
        begin(os.listdir(self.staging))
        for upload in as_completed(started.values()):
            upload.result()

    def _send_file(self, name, seen):
        path, plain = os.path.join(self.staging, name), Digest()
        size = os.path.getsize(path)
        stored = f"dump/{name}{self.suffix}"
        upload = Multipart(self.store, self.directory + stored, part_bytes(self.store.settings["part_bytes"], size))
        self.open.append(upload)

        def watch(chunk):
            plain(chunk)
            seen(len(chunk))

        with Chain([watch, *(self.encrypt or [Command("cat", ["cat"])])], source=_content(path)) as chain:
            upload.send(chain.output)
            chain.finish()
        self.entries.append((upload, entry(stored, upload.digest, plain)))
        os.unlink(path)

    def complete(self):
        """Makes the objects and gives their entries of the manifest."""
        for upload, _entry in self.entries:
            upload.complete()
            self.open.remove(upload)
        return [found for _upload, found in sorted(self.entries, key=lambda pair: pair[1]["name"])]

    def __exit__(self, *_unused):
        shutil.rmtree(self.staging, ignore_errors=True)
        for upload in self.open:
            upload.abort()


def _content(path):
    with open(path, "rb", buffering=0) as file:
        while True:
            chunk = file.read(CHUNK)
            if not chunk:
                return
            yield chunk
