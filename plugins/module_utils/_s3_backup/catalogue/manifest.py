# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest, without which there is no backup, and the verdict about one. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timezone

from ..errors import BackupError
from .keys import moment_of

# 1: backups of earlier releases, each stream one object, or a file for each table (mode "directory").
FORMATS = (1, 2)
FORMAT = 2
_REQUIRED = {
    "format": int,
    "id": str,
    "database": str,
    "system_identifier": str,
    "created": str,
    "mode": str,
    "compression": str,
    "encryption": dict,
    "objects": list,
}
_OBJECT = {"name": str, "size": int, "sha256": str, "plain_size": int, "plain_sha256": str}


class Unreadable(ValueError):
    """Not a manifest that this release understands; the message says why."""


def seal(document, key=None, indent=1):
    """A document as it is stored: with a checksum of what it says, so that no bit can flip unseen.

    :arg key: bytes; with them, whoever has not got them cannot write another one that passes for it.
    :arg indent: for a person; None for what only programs read, which is written much faster.
    """
    said = {**document, "mac": _mac(document, key)} if key else document
    sealed = {**said, "checksum": _checksum(said)}
    return (json.dumps(sealed, indent=indent, sort_keys=True, ensure_ascii=False) + "\n").encode()


def is_authentic(document, key):
    """Whether a sealed document was written by somebody who has the key; None without one."""
    return hmac.compare_digest(str(document.get("mac")).encode(), _mac(document, key).encode()) if key else None


def _mac(document, key):
    return hmac.new(key, _said(document, ("checksum", "mac")), hashlib.sha256).hexdigest()


def _checksum(document):
    return digest(_said(document, ("checksum",)))


def _said(document, without):
    said = {key: value for key, value in document.items() if key not in without}
    return json.dumps(said, sort_keys=True, ensure_ascii=False).encode()


def digest(content):
    return hashlib.sha256(content).hexdigest()


def stamp(moment):
    """An aware datetime as the manifest writes it, in UTC and whole seconds."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def decode(content, place=None):
    """The manifest as a dict.

    :arg place: the Place under which it was found; what the manifest says about itself has to agree with that.
    :raises Unreadable: for anything else than a complete manifest of a known format.
    """
    document = unsealed(content)
    _require(document, _REQUIRED, "")
    for number, entry in enumerate(document["objects"]):
        if not isinstance(entry, dict):
            raise Unreadable(f"objects[{number}] is no object")
        _require(entry, _OBJECT, f"objects[{number}].")
    if not document["objects"]:
        raise Unreadable("it lists no objects")
    begun = moment_of(document["id"])
    if begun is None or stamp(begun) != document["created"]:
        raise Unreadable(f"id {document['id']} and created {document['created']} do not name the same moment")
    if place is not None:
        for key, found in (
            ("id", place.backup),
            ("database", place.database),
            ("system_identifier", place.system),
        ):
            if document[key] != found:
                raise Unreadable(f"{key} is {document[key]!r}, but it stands under {found!r}")
    return document


def decode_verdict(content):
    """What ``verified.json`` says, or None where it says nothing that counts."""
    try:
        document = unsealed(content)
    except Unreadable:
        return None
    return document if document.get("result") in ("good", "damaged") and "manifest_sha256" in document else None


def entries(objects, plain):
    """The objects of one stream as the manifest lists them: what the whole stream holds stands with the first.

    :arg objects: (name, Digest) in the stream's order; :arg plain: Digest of what is compressed and encrypted in it.
    """
    if not all(stored.size for _name, stored in objects):
        raise BackupError(
            f"{objects[0][0]} is empty; the programs that make it ended without an error and without output"
        )
    return [
        {
            "name": name,
            "size": stored.size,
            "sha256": stored.hex(),
            "plain_size": 0 if number else plain.size,
            "plain_sha256": "" if number else plain.hex(),
        }
        for number, (name, stored) in enumerate(objects)
    ]


def omitted(document):
    """What the backup does not hold, as messages. Earlier releases did not tell."""
    return [*document.get("omissions", []), *document.get("warnings", [])]


def missing_objects(document, sizes):
    """What the manifest lists and is not there in that size: its entries.

    :arg sizes: bytes by name of the objects found in the backup's directory.
    """
    return [entry for entry in document["objects"] if sizes.get(entry["name"]) != entry["size"]]


def unsealed(content):
    """What was sealed, as a dict.

    :raises Unreadable: for anything else than what was written in a known format.
    """
    try:
        document = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unreadable("not a JSON object")
    if document.get("format") not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise Unreadable(f"format {document.get('format')!r}, this release knows {known}")
    if document.get("checksum") != _checksum(document):
        raise Unreadable("it is not what was written: its own checksum does not fit")
    return document


def _require(document, fields, where):
    for key, kind in fields.items():
        value = document.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Unreadable(f"{where}{key} is {value!r}, expected {kind.__name__}")
