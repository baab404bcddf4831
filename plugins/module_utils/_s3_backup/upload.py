# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An object that is uploaded while it is made: parts in parallel, from a bounded number of buffers, nothing on disk."""

from __future__ import annotations

import contextlib
import queue
from concurrent.futures import ThreadPoolExecutor

from .digest import Digest
from .errors import BackupError
from .planner import Upload
from .store import StoreError

_MOST_PARTS = 10000


def part_bytes(configured, expected):
    """Size of a part with which the expected bytes, even if they grow threefold, fit into the parts that are allowed."""
    return max(configured, -(-3 * expected // _MOST_PARTS))


class Multipart:
    """One upload. It becomes an object by ``complete`` only; until then nobody sees it."""

    def __init__(self, store, key, size_of_part):
        self.store, self.key, self.size_of_part = store, key, size_of_part
        self.digest = Digest()
        answer = store.request(f"uploading {key}", "create_multipart_upload", Key=key)
        self.upload = Upload(key, answer["UploadId"], None)
        workers = store.settings["parallel_transfers"]
        self.free: queue.Queue[Exception | None] = queue.Queue()
        for _number in range(workers + 1):
            self.free.put(None)
        self.pool = ThreadPoolExecutor(workers)
        self.parts = []

    def send(self, stream, seen=lambda count: None):
        """Uploads a stream to its end.

        :arg stream: unbuffered file; :arg seen: called with the number of bytes of each part.
        :raises StoreError: of the first part that failed for good.
        """
        while True:
            buffer = self._buffer()
            filled = _fill(stream, buffer)
            if filled < self.size_of_part:
                del buffer[filled:]
            # An empty object still has one part.
            if filled or not self.parts:
                self.digest(buffer)
                seen(filled)
                self.parts.append(self.pool.submit(self._send_part, len(self.parts) + 1, buffer))
            if filled < self.size_of_part:
                break
        for part in self.parts:
            part.result()

    def _buffer(self):
        """A free buffer, once there is one; a part that failed meanwhile ends the upload."""
        buffer = self.free.get()
        if isinstance(buffer, Exception):
            raise buffer
        return bytearray(self.size_of_part) if buffer is None else buffer

    def _send_part(self, number, buffer):
        try:
            answer = self.store.request(
                f"uploading part {number} of {self.key}",
                "upload_part",
                Key=self.key,
                UploadId=self.upload.id,
                PartNumber=number,
                Body=buffer,
            )
        except Exception as error:
            self.free.put(error)
            raise
        self.free.put(buffer if len(buffer) == self.size_of_part else None)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def complete(self):
        """Makes it an object and looks whether it is there.

        :raises BackupError: when the store has another size than what was sent.
        """
        parts = [part.result() for part in self.parts]
        try:
            self.store.request(
                f"completing {self.key}",
                "complete_multipart_upload",
                Key=self.key,
                UploadId=self.upload.id,
                MultipartUpload={"Parts": parts},
            )
        except StoreError as error:
            # The first answer may have been lost on its way, and the request repeated.
            if error.code != "NoSuchUpload":
                raise
        found = self.store.size(self.key)
        if found != self.digest.size:
            raise BackupError(f"the store has {found or 'no'} bytes of {self.key}, {self.digest.size} were sent")
        self.pool.shutdown()

    def abort(self):
        """Gives everything up; parts that are on their way are waited for, since they would come to life again.

        A store that cannot be reached now is no further failure: the next run clears what this one began.
        """
        self.store.stopping.set()
        self.pool.shutdown(cancel_futures=True)
        self.store.stopping.clear()
        with contextlib.suppress(StoreError):
            self.store.abort(self.upload)


def _fill(stream, buffer):
    view, filled = memoryview(buffer), 0
    while filled < len(buffer):
        count = stream.readinto(view[filled:])
        if not count:
            break
        filled += count
    view.release()
    return filled
