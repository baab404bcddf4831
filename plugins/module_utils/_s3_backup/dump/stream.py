# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dump as one stream, from pg_dump's output to the parts of an upload; nothing is written to a disk."""

from __future__ import annotations

from ..catalogue.manifest import entries
from ..machine.digest import Digest
from ..machine.pipeline import Command, Pipeline
from ..machine.session import program
from ..s3.upload import StreamUpload


class StreamDump:
    """As a context manager: left without ``complete``, everything is given up."""

    def __init__(self, configuration, store, source, directory, encrypt, suffix):
        self.name, self.plain, self.completed = f"database.dump.zst{suffix}", Digest(), False
        # What pg_dump said though it succeeded: most often that something is missing.
        self.warnings = []
        dump = program(
            configuration["source"]["binaries"],
            "pg_dump",
            "--format=custom",
            "--compress=0",
            *source.dump_arguments(),
        )
        compress = Command("zstd", ["zstd", "-q", "-c", "-T0", f"-{configuration['compression_level']}"])
        self.steps = [dump, self.plain, compress, *encrypt]
        self.upload = StreamUpload(store, directory, self.name, store.settings["part_bytes"])

    def __enter__(self):
        return self

    def send(self, seen):
        """:arg seen: called with the number of bytes of the plain dump that passed."""

        def watch(chunk):
            seen(len(chunk))

        with Pipeline([self.steps[0], watch, *self.steps[1:]]) as pipeline:
            self.upload.send(pipeline.output)
            # Before the upload is completed: a stream that merely ended proves nothing.
            pipeline.finish()
            self.warnings = pipeline.said(self.steps[0].name)

    def complete(self):
        """Makes the objects and gives their entries of the manifest."""
        made = self.upload.complete()
        self.completed = True
        return entries(made, self.plain)

    def __exit__(self, *_unused):
        if not self.completed:
            self.upload.abort()
