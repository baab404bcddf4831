# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store says that is broken: listings that omit, repeat, reorder or remember, and answers that deny what is there."""

from __future__ import annotations

import random
from collections.abc import Iterator

from support.helpers.bucket import Bucket

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.pages import Ascending
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import Entry

# What is named however little is known of the bucket.
NAMED = ("manifest", "object", "verdict", "order", "repeat", "ghost")
LISTINGS = (*NAMED, "directory", "tail")


def lie(kind: str, names: list[str], gone: list[str], choice: random.Random) -> tuple[list[str], str]:
    """(what is listed instead of these names, the directory about which it lies or "").

    :arg gone: names that were there once.
    """
    # Only a manifest tells what there should be.
    mine = [
        name
        for name in names
        if (place := keys.place_of("production", name)) and place.directory + keys.MANIFEST in names
    ]
    if kind == "ghost":
        # A backup that was deleted comes back whole.
        directory = choice.choice(gone).rpartition("/dump/")[0] + "/" if gone else ""
        old = {name for name in gone if directory and name.startswith(directory)}
        # What never was complete is swept once more, which takes nothing away.
        return sorted({*names, *old}), directory if directory + keys.MANIFEST in old - set(names) else ""
    ends = {"manifest": "/" + keys.MANIFEST, "verdict": "/" + keys.VERIFIED, "object": ".gz"}
    meant = [name for name in mine if name.endswith(ends.get(kind, ""))]
    if not meant:
        return names, ""
    name = choice.choice(meant)
    position = names.index(name)
    directory = keys.place_of("production", name).directory
    if kind == "order":
        other = choice.choice(names)
        swapped = [{name: other, other: name}.get(one, one) for one in names]
        return swapped, directory if other != name else ""
    if kind == "repeat":
        return [*names[: position + 1], *names[choice.randint(0, position) :]], directory
    if kind == "directory":
        return [one for one in names if not one.startswith(directory)], directory
    return (names[:position] if kind == "tail" else [one for one in names if one != name]), directory


class LyingBucket(Bucket):
    """Lies in one way until it is told another one."""

    kind: str | None = None
    choice = random.Random(0)

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__(contents)
        self.gone: list[str] = []
        self.about: set[str] = set()
        # A key of which the next look is told that there is none.
        self.denied: str | None = None

    def objects(self, prefix: str) -> Iterator[Entry]:
        names = sorted(name for name in self.contents if name.startswith(prefix))
        if self.kind:
            names, directory = lie(self.kind, names, self.gone, self.choice)
            self.about |= {directory} - {""}
        order = Ascending(prefix)
        for name in names:
            order.check(name)
            yield self.entry(name)

    def find(self, key: str) -> bytes | None:
        return None if self._denies(key) else super().find(key)

    def size(self, key: str) -> int | None:
        return None if self._denies(key) else super().size(key)

    def _denies(self, key: str) -> bool:
        if key != self.denied:
            return False
        self.denied = None
        return True

    def delete(self, names: list[str]) -> dict[str, str]:
        self.gone += [name for name in names if name in self.contents]
        return super().delete(names)
