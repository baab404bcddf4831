# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a directory another program has finished, told by the kernel (inotify)."""

from __future__ import annotations

import ctypes
import os
import select
import struct

from .errors import BackupError

_CLOSE_WRITE = 0x00000008
_MOVED_TO = 0x00000080
_EVENT = struct.Struct("iIII")


class ClosedFiles:
    """Names of files that were closed after writing, each as soon as it is. Watches from its creation on."""

    def __init__(self, directory):
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.descriptor < 0:
            raise BackupError(f"cannot watch {directory}: {os.strerror(ctypes.get_errno())}; look at fs.inotify limits")
        if libc.inotify_add_watch(self.descriptor, os.fsencode(directory), _CLOSE_WRITE | _MOVED_TO) < 0:
            reason = os.strerror(ctypes.get_errno())
            os.close(self.descriptor)
            raise BackupError(f"cannot watch {directory}: {reason}; look at fs.inotify limits")

    def wait(self, seconds):
        """Names that were closed since the last call; waits for the first one at most so long."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return []
        return _names(os.read(self.descriptor, 65536))

    def close(self):
        os.close(self.descriptor)


def _names(events):
    names, position = [], 0
    while position < len(events):
        _watch, _mask, _cookie, length = _EVENT.unpack_from(events, position)
        position += _EVENT.size
        names.append(os.fsdecode(events[position : position + length].rstrip(b"\0")))
        position += length
    return names
