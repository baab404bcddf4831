# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what is stored is what was uploaded: every object is read and its checksum compared with the manifest."""

from __future__ import annotations

from datetime import datetime, timezone

from ..errors import Damaged, Gone, Incomplete, Refused
from ..machine.digest import Digest
from ..s3.download import chunks
from ..s3.store import StoreError
from . import keys, manifest


def manifest_of(store, backup):
    """(manifest, digest of its text) of a Backup.

    :raises Damaged: when it cannot be read; :raises Gone: when it is not there any more.
    """
    content = store.find(backup.directory + keys.MANIFEST)
    if content is None:
        raise _gone(backup.directory)
    place = keys.Place(backup.directory, backup.system, backup.database, backup.id, keys.MANIFEST)
    try:
        document = manifest.decode(content, place)
    except manifest.Unreadable as reason:
        raise Damaged(f"{backup.directory}{keys.MANIFEST} cannot be read: {reason}") from reason
    # It was, when it was chosen.
    if backup.authentic and not manifest.is_authentic(document, store.seal):
        raise Refused(
            f"{backup.directory}{keys.MANIFEST} became another one meanwhile, which is not authentic; look at who can write there"
        )
    return document, manifest.digest(content)


def checked(store, directory, entry, seen=lambda count: None):
    """The content of an object as chunks; the last one is followed by the verdict.

    :raises Damaged: when size or checksum differ from the manifest's; :raises Gone: when the backup was deleted meanwhile.
    :raises Incomplete: when the store says that it has no such object.
    """
    try:
        yield from compared(chunks(store, directory + entry["name"], entry["size"], seen), directory, entry)
    except StoreError as error:
        if error.code in ("NoSuchKey", "InvalidRange"):
            # What deletes a backup begins with its manifest.
            if store.find(directory + keys.MANIFEST) is None:
                raise _gone(directory) from error
            size = store.size(directory + entry["name"])
            there = f"has {size} bytes when looked at" if size is not None else "is not there, the manifest lists it"
            raise Incomplete(f"{directory}{entry['name']} {there} ({error.code}); read it again") from error
        raise


def compared(content, directory, entry):
    """Chunks as they come; the last one is followed by the verdict.

    :raises Damaged: when size or checksum differ from the manifest's.
    """
    found = Digest()
    for chunk in content:
        found(chunk)
        yield chunk
    if (found.size, found.hex()) != (entry["size"], entry["sha256"]):
        raise Damaged(
            f"{directory}{entry['name']} is damaged: {found.size} bytes with SHA-256 {found.hex()[:16]}..., expected "
            f"{entry['size']} with {entry['sha256'][:16]}..."
        )


def _gone(directory):
    return Gone(f"{directory} was deleted while it was read, by a rotation or by hand; choose another backup")


def verify(store, backup, progress_of):
    """Reads every object of a Backup.

    :returns: dict with C(backup), C(objects) and C(bytes).
    :raises Damaged: naming every damaged object, after that was written beside the backup.
    :raises Incomplete: naming every missing object, which is not written: whoever asks the store is told.
    """
    document, digest = manifest_of(store, backup)
    total = sum(entry["size"] for entry in document["objects"])
    progress, problems, incomplete = progress_of(f"verifying {backup.id}", total), [], []
    try:
        for entry in document["objects"]:
            try:
                for _chunk in checked(store, backup.directory, entry, progress.add):
                    pass
            except Damaged as damage:
                problems.append(str(damage))
            except Incomplete as reason:
                incomplete.append(str(reason))
    finally:
        progress.finish()
    if problems:
        raise Damaged("; ".join(problems + incomplete + condemn(store, backup, digest, "checksums", problems)))
    if incomplete:
        raise Incomplete("; ".join(incomplete))
    return {"database": backup.database, "backup": backup.id, "objects": len(document["objects"]), "bytes": total}


def pronounce(store, backup, digest, result, method, **about):
    """Writes the verdict beside the backup; rotation counts a damaged one for nothing."""
    document = {
        "format": manifest.FORMAT,
        "backup": backup.id,
        "result": result,
        "method": method,
        "manifest_sha256": digest,
        "verified_at": manifest.stamp(datetime.now(timezone.utc)),
        **about,
    }
    store.put(backup.directory + keys.VERIFIED, manifest.seal(document, store.seal))


def condemn(store, backup, digest, method, problems):
    """Writes that a backup is damaged; what stands in the way of writing it is given as a list of messages."""
    try:
        # Rotation is slow with what a drill once restored.
        before = manifest.decode_verdict(store.find(backup.directory + keys.VERIFIED) or b"") or {}
        was_verified = before.get("manifest_sha256") == digest and (
            before["result"] == "good" or bool(before.get("was_verified"))
        )
        about = {"problem": "; ".join(problems), "was_verified": was_verified}
        pronounce(store, backup, digest, "damaged", method, **about)
    except StoreError as error:
        return [f"that could not be written beside it, so rotation still counts it ({error})"]
    return []
