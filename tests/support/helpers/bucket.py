# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket in memory that pages and counts as a real one does, and backups to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys, manifest
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.policy import Upload
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import Entry, StoreError

PAGE = 1000


@lru_cache(maxsize=1 << 13)
def _entry(name: str, content: bytes) -> Entry:
    return Entry(name, len(content), str(hash(content)))


class Bucket:
    """Has what the rotation uses of Store."""

    # The key by which it is known who wrote what.
    seal: bytes | None = None

    def __init__(self, contents: dict[str, bytes] | None = None) -> None:
        self.contents = dict(contents or {})
        self.unfinished: list[Upload] = []
        self.protected: set[str] = set()
        self.requests: list[str] = []
        # Number of requests that change something until the process is "killed"; None for never.
        self.lives: int | None = None

    def check_clock(self) -> float:
        return 0.0

    def objects(self, prefix: str) -> Iterator[Entry]:
        names = sorted(name for name in self.contents if name.startswith(prefix))
        for begin in range(0, max(len(names), 1), PAGE):
            self.requests.append("LIST")
            for name in names[begin : begin + PAGE]:
                if name in self.contents:
                    yield self.entry(name)

    def entry(self, name: str) -> Entry:
        return _entry(name, self.contents.get(name, b"x"))

    def find(self, key: str) -> bytes | None:
        self.requests.append("GET")
        return self.contents.get(key)

    def size(self, key: str) -> int | None:
        self.requests.append("HEAD")
        return len(self.contents[key]) if key in self.contents else None

    def put(self, key: str, content: bytes) -> None:
        self._change()
        self.requests.append("PUT")
        self.contents[key] = content

    def uploads(self, prefix: str) -> list[Upload]:
        return [upload for upload in self.unfinished if upload.key.startswith(prefix)]

    def abort(self, upload: Upload) -> None:
        self._change()
        self.unfinished.remove(upload)

    def delete(self, names: list[str]) -> dict[str, str]:
        assert len(names) <= PAGE
        if not names:
            return {}
        self._change()
        self.requests.append("DELETE")
        for name in names:
            if name not in self.protected:
                self.contents.pop(name, None)
        return {name: "AccessDenied: locked" for name in names if name in self.protected}

    def _change(self) -> None:
        if self.lives is not None:
            if not self.lives:
                raise StoreError("killed")
            self.lives -= 1

    def states(self) -> dict[str, bool]:
        """Directories that have a manifest, and whether all that it lists is there."""
        found = {}
        for name in self.contents:
            if name.endswith("/" + keys.MANIFEST):
                directory = name[: -len(keys.MANIFEST)]
                document = manifest.decode(self.contents[name])
                found[directory] = all(directory + entry["name"] in self.contents for entry in document["objects"])
        return found


def stored(
    moment: datetime,
    token: str,
    database: str = "shop",
    system: str = "7",
    state: str = "good",
    prefix: str = "production",
    objects: int = 2,
) -> dict[str, bytes]:
    """The objects of one backup in a given state, by their keys."""
    name = keys.backup_id(moment, token)
    directory = keys.backup_directory(prefix, system, database, name)
    names = [f"dump/{number:05}.dat.gz" for number in range(objects)]
    document = {
        "format": manifest.FORMAT,
        "id": name,
        "database": database,
        "system_identifier": system,
        "created": manifest.stamp(moment),
        "mode": "directory",
        "compression": "gzip",
        "encryption": {"method": "none", "recipients": []},
        "objects": [{"name": one, "size": 1, "sha256": "a", "plain_size": 1, "plain_sha256": "b"} for one in names],
    }
    content = manifest.seal(document)
    found = {directory + one: b"x" for one in names}
    if state != "orphan":
        found[directory + keys.MANIFEST] = b"{" if state == "unreadable" else content
    if state == "shortened":
        found[directory + names[-1]] = b""
    if state == "missing":
        del found[directory + names[-1]]
    if state in ("verified", "damaged", "outdated"):
        result = "damaged" if state == "damaged" else "good"
        digest = manifest.digest(b"another manifest" if state == "outdated" else content)
        verdict = {"format": 1, "result": result, "manifest_sha256": digest, "problem": "a flipped bit"}
        found[directory + keys.VERIFIED] = manifest.seal(verdict)
    return found
