# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contents on their way, block by block, so that what moves is told from what hangs."""

from __future__ import annotations

import io

_BLOCK = 256 * 1024


class Body(io.RawIOBase):
    """What is sent, without a copy of it. A block that is asked for means that the one before has left.

    Given whole, the time that a socket allows would be that of all of it.
    """

    def __init__(self, content, moved):
        super().__init__()
        self.view, self.position, self.moved = memoryview(content), 0, moved

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.position

    def seek(self, offset, whence=io.SEEK_SET):
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: len(self.view)}[whence]
        self.position = max(0, base + offset)
        return self.position

    def read(self, size=-1):
        # Without TLS it is read for its signature first, in greater pieces.
        if self.position and 0 < (size or 0) <= _BLOCK:
            self.moved()
        end = len(self.view) if size is None or size < 0 else self.position + size
        block = self.view[self.position : end]
        self.position += len(block)
        return block


def read(body, moved):
    """The whole of an answer's body."""
    blocks: list[bytes] = []
    while True:
        block = body.read(_BLOCK)
        if not block:
            return b"".join(blocks)
        moved()
        blocks.append(block)
