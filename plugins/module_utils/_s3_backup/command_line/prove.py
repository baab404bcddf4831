# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that proves a private key, on whatever computer it is: it needs Python, boto3, age and the bucket's address."""

from __future__ import annotations

from datetime import datetime, timezone

from .. import configuration
from ..catalogue import listing, proof, verify
from ..errors import BackupError, UsageError
from ..machine.encryption import decrypting
from ..machine.pipeline import Pipeline
from ..retention.policy import RESTORABLE, Backup
from ..s3.store import BOTO3_ERROR, Store
from .context import open_store, readable_credential

# Of an object that is read to see whether the key opens it.
_MOST_BYTES = 64 << 20


def elsewhere(options):
    """What has to be known of an environment on a computer that has no configuration of it."""
    names = ("endpoint", "region", "path_style", "ca_file")
    given = {name: getattr(options, name) for name in names if getattr(options, name)}
    return {
        "environment": options.environment,
        "bucket": options.bucket,
        "prefix": options.prefix or options.environment,
        "store": {**configuration.store_defaults(), **given},
    }


def prove_key(found, options):
    """Opens the word that was made for the key, and a piece of the newest backup of each database, and writes the date into the bucket."""
    command = decrypting("age", options.identity)
    store = _store(found)
    words = list(proof.asked(store, found["prefix"]))
    opened = [
        (key, document, word) for key, document in words if (word := _opened(command, document["encrypted"].encode()))
    ]
    if not opened:
        there = (
            ", ".join(document["recipient"] for _key, document in words)
            or "none: the next backup of the machine makes it"
        )
        raise BackupError(
            f"{options.identity} opens nothing: expected the private half of one of the keys in the bucket: {there}"
        )
    lines = []
    for key, document, word in opened:
        if not proof.is_word(document, word):
            raise BackupError(
                f"{key} holds another word than it says: somebody changed it. The next backup makes it anew; look at who can write there"
            )
        lines += _open_newest(store, found["prefix"], document["recipient"], command)
        proof.prove(store, key, document, word, datetime.now(timezone.utc))
        lines.append(f"{document['recipient']} is proven; the metric follows with the next backup")
    return {"proven": [document["recipient"] for _key, document, _word in opened]}, lines


def _store(found):
    if "credentials" in found:
        return open_store({**found, "credentials": {**found["credentials"], "seal": None}}, readable_credential(found))
    if BOTO3_ERROR:
        raise UsageError("boto3 cannot be imported; install it (python3-boto3)")
    return Store(found["bucket"], found["store"], configuration.credentials(configuration.CARRIED))


def _open_newest(store, prefix, recipient, command):
    """Lines about a piece of the newest complete backup of each database.

    :raises BackupError: when the key does not open one.
    """
    newest: dict[tuple[str, str], Backup] = {}
    for one in listing.backups(store, prefix):
        if one.state in RESTORABLE:
            newest[one.system, one.database] = max(
                one, newest.get((one.system, one.database), one), key=lambda each: each.id
            )
    for one in newest.values():
        if recipient not in one.recipients:
            raise BackupError(
                f"{one.directory} is not encrypted to {recipient}: converge the environment, make a backup, then prove the key"
            )
        document, _digest = verify.manifest_of(store, one)
        piece = min(document["objects"], key=lambda entry: entry["size"])
        if piece["size"] > _MOST_BYTES:
            yield f"{one.database}: {one.id} was not tried, its smallest object has more than {_MOST_BYTES >> 20} MiB"
            continue
        content = b"".join(verify.checked(store, one.directory, piece))
        if _opened(command, content) is None:
            raise BackupError(
                f"{one.directory}{piece['name']} does not open with this key, although it should; try RESTORE.md by hand"
            )
        yield f"{one.database}: {piece['name']} of {one.id} opens"


def _opened(command, content):
    """None where the key does not open it."""
    try:
        with Pipeline(command, source=[content]) as pipeline:
            found = pipeline.output.readall()
            pipeline.finish()
    except BackupError:
        return None
    return found
