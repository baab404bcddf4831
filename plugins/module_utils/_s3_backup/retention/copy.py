# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second copy in another bucket, by a key that the machine which writes has not got.

What is there is never changed by what the first bucket says later: a copy is written once, whole or not at all.
"""

from __future__ import annotations

import io
from datetime import datetime, timezone
from typing import Any

from ..catalogue import guide, keys, listing, manifest, verify
from ..errors import BackupError, Refused
from ..s3.download import chunks
from ..s3.upload import MOST_PARTS, Multipart
from .policy import RESTORABLE, dropped


class Copy:
    """What of a bucket's backups has no copy below a prefix of another."""

    def __init__(self, source, source_prefix, target, target_prefix, policy=None):
        """:arg policy: of the target's own rotation, as C(policy.plan) takes it; what that would delete is not copied."""
        self.source, self.target, self.prefix = source, target, target_prefix
        there = {_name(one): one for one in listing.backups(target, target_prefix)}
        self.whole = [one for one in listing.backups(source, source_prefix) if _is_good(one)]
        self.copies = {name for name, one in there.items() if _is_good(one)}
        self.missing = self._wanted(there, policy)
        will_be = self.copies.union(map(_name, self.missing))
        # A drill restored the first one, which has the same manifest: rotation keeps both or none.
        self.unproven = [
            one
            for one in self.whole
            if one.state == "verified"
            and _name(one) in will_be
            and getattr(there.get(_name(one)), "state", None) != "verified"
        ]

    def _wanted(self, there, policy):
        """What is to be copied, the newest first: not what the target's rotation would delete, nor what was found damaged there."""
        missing = {
            name: one
            for one in self.whole
            if (name := _name(one)) not in self.copies and not (name in there and self._is_condemned(there[name]))
        }
        if policy:
            now = datetime.now(timezone.utc)
            copied = {name: one._replace(directory=self._directory(one), stored=now) for name, one in missing.items()}
            going = dropped({**there, **copied}.values(), policy, now)
            missing = {name: one for name, one in missing.items() if copied[name].directory not in going}
        return sorted(missing.values(), key=lambda one: (one.moment, one.id), reverse=True)

    def _is_condemned(self, copy):
        return copy.state == "damaged" and _verdict(self.target, copy)[0] not in (None, "good")

    def result(self):
        return {
            "copied": [
                {"database": one.database, "system": one.system, "id": one.id, "bytes": one.bytes}
                for one in self.missing
            ],
            "proven": [one.id for one in self.unproven],
            "changed": bool(self.missing or self.unproven),
        }

    def report(self):
        """What the writing machine is told of each database: what has a copy, and whether its newest backup has none."""
        told: dict[str, dict[str, Any]] = {}
        for one in sorted(self.whole, key=lambda each: each.moment):
            about = told.setdefault(one.database, {"ids": []})
            about["behind"] = _name(one) not in self.copies
            if not about["behind"]:
                about["newest"] = one.moment.timestamp()
                about["ids"].append(one.id)
        return told

    def carry_out(self):
        """:raises BackupError: naming what could not be copied, after all else was."""
        failures = []
        for work, backups in ((self._copy, self.missing), (self._copy_verdict, self.unproven)):
            for one in backups:
                try:
                    work(one)
                except BackupError as error:
                    failures.append(f"{one.database} {one.id}: {error}")
        if failures:
            raise BackupError(f"not everything was copied: {'; '.join(failures)}")

    def _copy_verdict(self, backup):
        if _name(backup) not in self.copies:
            return
        result, content = _verdict(self.source, backup)
        if result == "good":
            self.target.put(self._directory(backup) + keys.VERIFIED, content)

    def _copy(self, backup):
        document, digest = verify.manifest_of(self.source, backup)
        content = self.source.get(backup.directory + keys.MANIFEST)
        if manifest.digest(content) != digest:
            raise Refused(f"{backup.directory}{keys.MANIFEST} changed while it was read; look at who can write there")
        guide.publish(
            {
                "environment": document.get("environment", self.prefix),
                "bucket": self.target.bucket,
                "prefix": self.prefix,
                "store": self.target.settings,
                "encryption": document["encryption"],
            },
            self.target,
        )
        directory = self._directory(backup)
        for entry in document["objects"]:
            self._copy_object(backup.directory, directory, entry)
        self.target.put(directory + keys.MANIFEST, content)
        self.copies.add(_name(backup))

    def _copy_object(self, source, target, entry):
        """What is read is compared with the manifest before it becomes an object, and what is stored once more."""
        part = max(self.target.settings["part_bytes"], -(-entry["size"] // MOST_PARTS))
        upload = Multipart(self.target, target + entry["name"], part)
        try:
            upload.send(_Stream(verify.checked(self.source, source, entry)))
            upload.complete()
        finally:
            upload.abort()
        for _chunk in verify.compared(chunks(self.target, target + entry["name"], entry["size"]), target, entry):
            pass

    def _directory(self, backup):
        return keys.backup_directory(self.prefix, backup.system, backup.database, backup.id)


def _is_good(backup):
    return backup.state in RESTORABLE and backup.authentic is not False


def _verdict(store, backup):
    """(result, text) of what was written beside a backup; no result where that is not authentic."""
    content = store.find(backup.directory + keys.VERIFIED) or b""
    verdict = manifest.decode_verdict(content) or {}
    return verdict.get("result") if manifest.is_authentic(verdict, store.seal) is not False else None, content


def _name(backup):
    return backup.system, backup.database, backup.id


class _Stream(io.RawIOBase):
    """Chunks as an unbuffered file."""

    def __init__(self, content):
        super().__init__()
        self.content, self.rest = content, memoryview(b"")

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self.rest:
            chunk = next(self.content, None)
            if chunk is None:
                return 0
            self.rest = memoryview(chunk)
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count
