# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody still has the private keys that are kept away from the machine.

For each there is a word in the bucket that only its owner can read. Who reads it writes it beside that; the word is another one after
each proof, so that an old proof cannot be shown again.
"""

from __future__ import annotations

import hashlib
import secrets

from ..machine.pipeline import Command, Pipeline
from . import keys, manifest

_WORD, _PROOF = ".json", ".proof.json"


def directory(prefix):
    """Beside the backups; no backup has such a name."""
    return f"{keys.root(prefix)}keys/"


def look_after(configuration, store, now):
    """Takes the proofs that there are, and makes a word for each key that needs one.

    :returns: by public key, the moment of its last proof; None where there never was one.
    """
    return {
        recipient: _last(configuration, store, recipient, now) for recipient in configuration["encryption"]["offline"]
    }


def _last(configuration, store, recipient, now):
    place = directory(configuration["prefix"]) + manifest.digest(recipient.encode())[:16]
    asked = read(store, place + _WORD)
    if asked.get("recipient") != recipient or manifest.is_authentic(asked, store.seal) is False:
        asked = {}
    proof = read(store, place + _PROOF) if asked else {}
    last = manifest.moment(asked["proven"]) if asked.get("proven") else None
    if _proves(proof, asked):
        # Whoever writes to the bucket can give a proof another date: not one before its word, and none that is still to come.
        last = min(max(manifest.moment(proof["proven"]), manifest.moment(asked["made"])), now)
    elif asked:
        return last
    word = secrets.token_hex(32).encode()
    document = {
        "format": manifest.FORMAT,
        "environment": configuration["environment"],
        "recipient": recipient,
        "made": manifest.stamp(now),
        "proven": manifest.stamp(last) if last else None,
        "word_sha256": hashlib.sha256(word).hexdigest(),
        "encrypted": _encrypted(recipient, word),
    }
    store.put(place + _WORD, manifest.seal(document, store.seal))
    return last


def asked(store, prefix):
    """(key of the object, document) of each word in the bucket."""
    for entry in store.objects(directory(prefix)):
        if entry.key.endswith(_WORD) and not entry.key.endswith(_PROOF):
            document = read(store, entry.key)
            if document:
                yield entry.key, document


def is_word(document, word):
    return hashlib.sha256(word).hexdigest() == document["word_sha256"]


def prove(store, key, document, word, now):
    """:arg key: of the word's object."""
    proof = {
        "format": manifest.FORMAT,
        "recipient": document["recipient"],
        "word": word.decode(),
        "proven": manifest.stamp(now),
    }
    store.put(key[: -len(_WORD)] + _PROOF, manifest.seal(proof))


def read(store, key):
    """What was sealed; empty for anything else."""
    content = store.find(key)
    try:
        return manifest.unsealed(content) if content else {}
    except manifest.Unreadable:
        return {}


def _proves(proof, document):
    return isinstance(proof.get("word"), str) and is_word(document, proof["word"].encode())


def _encrypted(recipient, word):
    command = Command("age", ["age", "--encrypt", "--armor", "--recipient", recipient])
    with Pipeline([command], source=[word]) as pipeline:
        text = pipeline.output.readall()
        pipeline.finish()
    return text.decode()
