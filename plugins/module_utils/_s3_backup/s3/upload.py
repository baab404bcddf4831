# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream that becomes objects while it is made: parts of one size in parallel, from a bounded number of buffers, nothing on disk."""

from __future__ import annotations

import contextlib
import queue
from concurrent.futures import ThreadPoolExecutor

from ..errors import BackupError
from ..machine.digest import Digest
from ..retention.policy import Upload
from .store import StoreError

# What S3 allows in one object. A longer stream goes on in the next one.
MOST_PARTS = 10000


def name_of(name, number):
    """Name of the objects of a stream, which joined in this order are it. Pure."""
    return name if number == 1 else f"{name}.{number:04}"


class StreamUpload:
    """The objects of one stream. They appear by ``complete`` only; until then nobody sees them."""

    def __init__(self, store, directory, name, size_of_part, most_parts=MOST_PARTS):
        self.store, self.directory, self.name = store, directory, name
        self.size_of_part, self.most_parts = size_of_part, most_parts
        self.objects = []
        self._begin()

    def _begin(self):
        name = name_of(self.name, len(self.objects) + 1)
        self.objects.append((name, Multipart(self.store, self.directory + name, self.size_of_part, self.most_parts)))

    def send(self, stream, seen=lambda count: None):
        """Uploads a stream to its end.

        :arg stream: unbuffered file; :arg seen: called with the number of bytes of each part.
        :raises StoreError: of the first part that failed for good.
        """
        rest = self.objects[-1][1].send(stream, seen)
        while rest is not None:
            self._begin()
            rest = self.objects[-1][1].send(stream, seen, rest)

    def complete(self):
        """Makes the objects; gives (name, Digest) of each."""
        for _name, upload in self.objects:
            upload.complete()
        return [(name, upload.digest) for name, upload in self.objects]

    def abort(self):
        for _name, upload in self.objects:
            upload.abort()


class Multipart:
    """One object."""

    def __init__(self, store, key, size_of_part, most_parts=MOST_PARTS):
        self.store, self.key, self.size_of_part, self.most_parts = store, key, size_of_part, most_parts
        self.digest, self.is_complete = Digest(), False
        answer = store.request(f"uploading {key}", "create_multipart_upload", Key=key)
        self.upload = Upload(key, answer["UploadId"], None)
        workers = store.settings["parallel_transfers"]
        self.free: queue.Queue[Exception | bytearray | None] = queue.Queue()
        for _number in range(workers + 1):
            self.free.put(None)
        self.pool = ThreadPoolExecutor(workers)
        self.parts = []

    def send(self, stream, seen=lambda count: None, begin=b""):
        """Uploads a stream to its end, or until the object is full.

        :arg begin: what was read of the stream already.
        :returns: None at the stream's end, else what was read of it and not sent.
        """
        rest = None
        while True:
            buffer = self._buffer()
            buffer[: len(begin)] = begin
            filled = _fill(stream, buffer, len(begin))
            begin = b""
            if filled and len(self.parts) == self.most_parts:
                rest = bytes(buffer[:filled])
                break
            # An empty object still has one part.
            if filled or not self.parts:
                self.digest(memoryview(buffer)[:filled])
                seen(filled)
                self.parts.append(self.pool.submit(self._send_part, len(self.parts) + 1, buffer, filled))
            if filled < self.size_of_part:
                break
        for part in self.parts:
            part.result()
        # A stream may have many objects; only one of them needs memory and threads.
        self.pool.shutdown()
        self.free = queue.Queue()
        return rest

    def _buffer(self):
        """A free buffer, once there is one; a part that failed meanwhile ends the upload."""
        buffer = self.free.get()
        if isinstance(buffer, Exception):
            raise buffer
        return bytearray(self.size_of_part) if buffer is None else buffer

    def _send_part(self, number, buffer, filled):
        try:
            part = self.store.put_part(self.upload, number, memoryview(buffer)[:filled])
        except Exception as error:
            self.free.put(error)
            raise
        self.free.put(buffer)
        return part

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
        self.is_complete = True

    def abort(self):
        """Gives everything up; parts that are on their way are waited for, since they would come to life again.

        A store that cannot be reached now is no further failure: the next run clears what this one began.
        """
        if self.is_complete:
            return
        self.store.stopping.set()
        self.pool.shutdown(cancel_futures=True)
        self.store.stopping.clear()
        with contextlib.suppress(StoreError):
            self.store.abort(self.upload)


def _fill(stream, buffer, filled):
    view = memoryview(buffer)
    while filled < len(buffer):
        count = stream.readinto(view[filled:])
        if not count:
            break
        filled += count
    view.release()
    return filled
