# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One backup of one database: dump, roles and row counts of one snapshot; the manifest is what makes it a backup."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timezone

from . import directory_dump, guide, keys, manifest, roles, stream_dump
from .chain import Chain, Command
from .digest import Digest
from .encryption import SUFFIXES, encrypting
from .preflight import check_version
from .source import Source

_DUMPS: dict[str, type[stream_dump.StreamDump] | type[directory_dump.DirectoryDump]] = {
    "stream": stream_dump.StreamDump,
    "directory": directory_dump.DirectoryDump,
}


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
    publish_guide(configuration, store)
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
            "mode": configuration["source"]["mode"],
            "encryption": configuration["encryption"],
        }
        document.update(_upload(configuration, store, source, directory, progress_of))
    document["finished"] = manifest.stamp(datetime.now(timezone.utc))
    store.put(directory + keys.MANIFEST, manifest.seal(document))
    state.forget(directory)
    state.succeeded(
        database,
        time.time() - began,
        {
            "stored_bytes": sum(entry["size"] for entry in document["objects"]),
            "plain_bytes": sum(entry["plain_size"] for entry in document["objects"]),
        },
    )
    return document


def clear_leftovers(store, state):
    """Gives up the uploads of runs that were killed; the objects that they finished are the rotator's to sweep."""
    for directory in state.read()["begun"]:
        for upload in list(store.uploads(directory)):
            store.abort(upload)
        state.forget(directory)


def publish_guide(configuration, store):
    key = keys.root(configuration["prefix"]) + keys.GUIDE
    text = guide.text(configuration)
    if store.find(key) != text:
        store.put(key, text, "text/markdown; charset=utf-8")


def _upload(configuration, store, source, directory, progress_of):
    """Uploads everything but the manifest and gives the manifest's part about it."""
    with ExitStack() as stack:
        encrypt = stack.enter_context(encrypting(configuration["encryption"]))
        suffix = SUFFIXES[configuration["encryption"]["method"]]
        pool = stack.enter_context(ThreadPoolExecutor(1))
        # Before the dump, since counting then holds this session.
        found = {"database_properties": source.properties(), "roles": {"referenced": source.referenced_roles()}}
        own = source.own_roles()
        found["roles"]["own"] = [role["name"] for role in own]
        dump = _DUMPS[configuration["source"]["mode"]](configuration, store, source, directory, encrypt, suffix)
        stack.push(dump.__exit__)
        counting = pool.submit(source.count_rows) if configuration["source"]["row_counts"] else None
        progress = progress_of(f"backup of {source.database}", source.facts["bytes"])
        try:
            dump.send(progress.add)
            found["tables"] = counting.result() if counting else {}
        except BaseException:
            if counting and not counting.done():
                source.cancel()
            raise
        finally:
            progress.finish()
        found["row_counts"] = bool(counting)
        found["compression"] = dump.compression
        small = [_roles(configuration, store, directory, own, encrypt, suffix)] if own else []
        found["objects"] = dump.complete() + small
        return found


def _roles(configuration, store, directory, own, encrypt, suffix):
    """Uploads the environment's roles and gives their entry of the manifest."""
    name, plain, stored = f"roles.sql.zst{suffix}", Digest(), Digest()
    compress = Command("zstd", ["zstd", "-q", "-c", f"-{configuration['compression_level']}"])
    with Chain([plain, compress, *encrypt], source=[roles.as_sql(own).encode()]) as chain:
        content = chain.output.readall()
        chain.finish()
    stored(content)
    store.put(directory + name, content, "application/octet-stream")
    return manifest.entry(name, stored, plain)
