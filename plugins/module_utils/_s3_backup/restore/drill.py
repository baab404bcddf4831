# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup is good once it was restored: into a scratch server, its rows counted, its structures checked, its time taken."""

from __future__ import annotations

import time

from ..catalogue.verify import condemn, manifest_of, pronounce
from ..errors import Damaged
from ..machine import room
from ..machine.encryption import decrypting
from ..machine.pipeline import ProgramFailed, run
from ..machine.session import program
from . import scratch
from .loading import Loader
from .properties import finishing, role_names
from .size import database_bytes, unpacked_bytes
from .target import Server

# pg_amcheck's exit code when it did its work and found something.
_CORRUPTION = 2


def drill(configuration, store, backup, progress_of):
    """Restores a Backup and writes ``verified.json`` beside it.

    :returns: dict with C(backup), C(restore_seconds), C(tables) and C(rows).
    :raises Damaged: when it cannot be restored to what was dumped; that is written beside it too.
    """
    document, digest = manifest_of(store, backup)
    try:
        found = _restore(configuration, store, backup, document, progress_of)
    except Damaged as damage:
        raise Damaged("; ".join([str(damage), *condemn(store, backup, digest, "drill", [str(damage)])])) from damage
    pronounce(store, backup, digest, "good", "drill", **found)
    return {"database": backup.database, "backup": backup.id, **found}


def _restore(configuration, store, backup, document, progress_of):
    settings, binaries = configuration["drill"], configuration["source"]["binaries"]
    place, margin = settings["work_directory"], settings["free_percent"]
    scratch.clear(binaries, place)
    needed = database_bytes(document) + scratch.OWN_BYTES
    room.require(place, needed, margin, f"a copy of {backup.database}")
    has_more = not room.missing(place, needed + unpacked_bytes(document), margin)
    options = {
        "binaries": binaries,
        "jobs": settings["jobs"] if has_more else 1,
        "work_directory": place,
        "free_percent": margin,
        # The server has none but its own.
        "arguments": ["--no-tablespaces"],
        "child": {},
    }
    total = sum(entry["size"] for entry in document["objects"])
    decrypt = decrypting(document["encryption"]["method"], settings["identity_file"])
    with scratch.server(binaries, place) as conninfo, Server(conninfo) as server:
        progress = progress_of(f"drill of {backup.id}", total)
        loader = Loader(store, backup.directory, document, decrypt, progress, options)
        began = time.monotonic()
        try:
            server.run(loader.roles())
            server.create_placeholders(role_names(document))
            server.create(backup.database, document["database_properties"])
            loader.restore(server.conninfo_of(backup.database))
        finally:
            progress.finish()
        took = time.monotonic() - began
        rows = server.compare(backup.database, document)
        _check_structures(binaries, server, backup.database)
        # Last, since the database's own settings would count for the checks too.
        server.run(";\n".join(finishing(backup.database, document["database_properties"])))
    return {"restore_seconds": round(took, 3), "tables": len(rows), "rows": sum(rows.values())}


def _check_structures(binaries, server, database):
    """:raises Damaged: when pg_amcheck finds a heap or an index that contradicts itself."""
    try:
        run(
            program(
                binaries,
                "pg_amcheck",
                "--no-password",
                "--install-missing",
                "--heapallindexed",
                # Not the bare name, of which it would take one with an equals sign for more than that.
                server.conninfo_of(database),
            )
        )
    except ProgramFailed as error:
        if error.status == _CORRUPTION:
            raise Damaged(f"{database} was restored, but is not sound: {error}") from error
        raise
