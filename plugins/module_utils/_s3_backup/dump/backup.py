# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One backup of one database: dump, roles and row counts of one snapshot; the manifest is what makes it a backup."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from ..catalogue import guide, keys, manifest
from ..machine.calendar import next_expected
from ..machine.digest import Digest
from ..machine.encryption import SUFFIXES, encrypting
from ..machine.pipeline import Command, Pipeline
from . import roles
from .preflight import check_version
from .source import Source
from .stream import StreamDump


def run(configuration, store, state, database, progress_of, reason="scheduled"):
    """Makes a backup and remembers the success.

    :arg state: State of the job, locked by the caller.
    :arg progress_of: function of a name and an expected number of bytes that gives a Progress.
    :returns: the manifest.
    :raises BackupError: after everything that had been begun was given up again.
    """
    began = time.time()
    store.check_clock()
    clear_leftovers(store, state)
    guide.publish(configuration, store)
    with Source(configuration["source"], database) as source:
        check_version(configuration["source"]["binaries"], source.major)
        now = datetime.now(timezone.utc)
        backup = keys.backup_id(now, secrets.token_hex(4))
        directory = keys.backup_directory(configuration["prefix"], source.facts["system_identifier"], database, backup)
        state.begin(directory)
        document = {
            "format": manifest.FORMAT,
            "id": backup,
            "environment": configuration["environment"],
            "database": database,
            "system_identifier": source.facts["system_identifier"],
            "created": manifest.stamp(now),
            "reason": reason,
            "server_version": source.facts["server_version"],
            "database_bytes": source.facts["bytes"],
            "mode": "stream",
            "compression": "zstd",
            "encryption": {name: configuration["encryption"][name] for name in ("method", "recipients")},
        }
        document.update(_upload(configuration, store, source, directory, progress_of))
    document["finished"] = manifest.stamp(datetime.now(timezone.utc))
    store.put(directory + keys.MANIFEST, manifest.seal(document, store.seal))
    state.forget(directory)
    state.succeeded(
        database,
        time.time() - began,
        {
            "next_expected": next_expected(configuration["schedules"], "run"),
            "stored_bytes": sum(entry["size"] for entry in document["objects"]),
            "plain_bytes": sum(entry["plain_size"] for entry in document["objects"]),
            "omissions": len(document["omissions"]) + len(document["warnings"]),
        },
    )
    return document


def clear_leftovers(store, state):
    """Gives up the uploads of runs that were killed; the objects that they finished are the rotator's to sweep."""
    for directory in state.read()["begun"]:
        for upload in list(store.uploads(directory)):
            store.abort(upload)
        state.forget(directory)


def _upload(configuration, store, source, directory, progress_of):
    """Uploads everything but the manifest and gives the manifest's part about it."""
    own = source.own_roles()
    found = {
        "database_properties": source.properties(),
        "roles": {"referenced": source.referenced_roles(), "own": [role["name"] for role in own]},
        "omissions": source.omissions(own),
    }
    encrypt, suffix = encrypting(configuration["encryption"]), SUFFIXES[configuration["encryption"]["method"]]
    with (
        ThreadPoolExecutor(1) as pool,
        StreamDump(configuration, store, source, directory, encrypt, suffix) as dump,
    ):
        counting = None
        progress = progress_of(f"backup of {source.database}", source.facts["bytes"])

        def passed(size):
            nonlocal counting
            # Once pg_dump writes it holds its locks: what is counted is what is dumped.
            if counting is None and configuration["source"]["row_counts"]:
                counting = pool.submit(source.count)
            progress.add(size)

        try:
            dump.send(passed)
            found.update(counting.result() if counting else {"tables": {}})
        except BaseException:
            if counting and not counting.done():
                source.cancel()
            raise
        finally:
            progress.finish()
        found["row_counts"] = bool(counting)
        found["warnings"] = [
            *dump.warnings,
            *(f"no table matches {pattern}" for pattern in source.unmatched),
            *(
                f"{name} was emptied, rewritten or dropped meanwhile: its rows are not counted"
                for name, rows in found["tables"].items()
                if rows is None
            ),
        ]
        small = [_roles(configuration, store, directory, own, encrypt, suffix)] if own else []
        found["objects"] = dump.complete() + small
        return found


def _roles(configuration, store, directory, own, encrypt, suffix):
    """Uploads the environment's roles and gives their entry of the manifest."""
    name, plain, stored = f"roles.sql.zst{suffix}", Digest(), Digest()
    compress = Command("zstd", ["zstd", "-q", "-c", f"-{configuration['compression_level']}"])
    with Pipeline([plain, compress, *encrypt], source=[roles.as_sql(own).encode()]) as chain:
        content = chain.output.readall()
        chain.finish()
    stored(content)
    store.put(directory + name, content, "application/octet-stream")
    return manifest.entries([(name, stored)], plain)[0]
