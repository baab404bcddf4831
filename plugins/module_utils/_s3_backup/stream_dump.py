# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dump as one stream, from pg_dump's output to the parts of an upload; nothing is written to a disk."""

from __future__ import annotations

from .chain import Chain, Command
from .digest import Digest
from .manifest import entry
from .session import program
from .upload import Multipart, part_bytes


class StreamDump:
    """As a context manager: left without ``complete``, everything is given up."""

    compression = "zstd"

    def __init__(self, configuration, store, source, directory, encrypt, suffix):
        self.name, self.plain, self.completed = f"database.dump.zst{suffix}", Digest(), False
        settings = configuration["source"]
        dump = program(settings["binaries"], "pg_dump", "--format=custom", "--compress=0", *source.dump_arguments())
        compress = Command("zstd", ["zstd", "-q", "-c", "-T0", f"-{configuration['compression_level']}"])
        self.steps = [dump, self.plain, compress, *encrypt]
        size = part_bytes(store.settings["part_bytes"], source.facts["bytes"])
        self.upload = Multipart(store, directory + self.name, size)

    def send(self, seen):
        """:arg seen: called with the number of bytes of the plain dump that passed."""

        def watch(chunk):
            seen(len(chunk))

        with Chain([self.steps[0], watch, *self.steps[1:]]) as chain:
            self.upload.send(chain.output)
            # Before the upload is completed: a stream that merely ended proves nothing.
            chain.finish()

    def complete(self):
        """Makes the object and gives its entry of the manifest."""
        self.upload.complete()
        self.completed = True
        return [entry(self.name, self.upload.digest, self.plain)]

    def __exit__(self, *_unused):
        if not self.completed:
            self.upload.abort()
