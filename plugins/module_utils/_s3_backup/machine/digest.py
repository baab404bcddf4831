# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stream was: its length and its SHA-256."""

from __future__ import annotations

import hashlib


class Digest:
    """Sees each chunk of a stream that passes."""

    def __init__(self):
        self.size = 0
        self._hash = hashlib.sha256()

    def __call__(self, chunk):
        self.size += len(chunk)
        self._hash.update(chunk)

    def hex(self):
        return self._hash.hexdigest()
