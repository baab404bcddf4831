# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream becomes an object only when it is whole, from a bounded number of buffers."""

from __future__ import annotations

import hashlib
import io
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import StoreError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.upload import (
    Multipart,
    StreamUpload,
    name_of,
)

PART = 1000


class Parts:
    """A store of which only multipart uploads are known."""

    def __init__(self, failing=None, delay=0.0):
        self.settings = {"parallel_transfers": 3}
        self.stopping = threading.Event()
        self.parts, self.object, self.aborted = {}, None, []
        self.failing, self.delay, self.lost_answer = failing, delay, False
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()

    def request(self, _doing, operation, **arguments):
        return getattr(self, operation)(**arguments)

    def create_multipart_upload(self, Key):
        return {"UploadId": "1"}

    def put_part(self, upload, number, content):
        with self.lock:
            self.busy += 1
            self.most_busy = max(self.busy, self.most_busy)
        time.sleep(self.delay)
        with self.lock:
            self.busy -= 1
        if number == self.failing:
            raise StoreError("the store is gone")
        self.parts[number] = bytes(content)
        return {"PartNumber": number, "ETag": str(number)}

    def complete_multipart_upload(self, Key, UploadId, MultipartUpload):
        numbers = [part["PartNumber"] for part in MultipartUpload["Parts"]]
        assert numbers == sorted(numbers) == list(range(1, len(numbers) + 1))
        self.object = b"".join(self.parts[number] for number in numbers)
        if self.lost_answer:
            raise StoreError("no such upload", "NoSuchUpload")

    def size(self, _key):
        return None if self.object is None else len(self.object)

    def abort(self, upload):
        self.aborted.append(upload.id)


@given(st.integers(0, 5500))
def test_any_length_arrives_as_it_was(length):
    content = bytes(number % 251 for number in range(length))
    store = Parts()
    upload = Multipart(store, "key", PART)
    upload.send(io.BytesIO(content))
    assert store.object is None
    upload.complete()
    assert store.object == content
    assert (upload.digest.size, upload.digest.hex()) == (length, hashlib.sha256(content).hexdigest())
    assert all(len(part) == PART for number, part in store.parts.items() if number < len(store.parts))


def test_parts_go_in_parallel_but_never_more_than_allowed():
    store = Parts(delay=0.02)
    upload = Multipart(store, "key", PART)
    upload.send(io.BytesIO(b"x" * 20 * PART))
    assert store.most_busy == 3
    assert upload.free.empty(), "the next object of a stream has buffers of its own"


@pytest.mark.parametrize("failing", [1, 5, 12])
def test_a_part_that_fails_ends_the_upload(failing):
    store = Parts(failing=failing, delay=0.005)
    upload = Multipart(store, "key", PART)
    with pytest.raises(StoreError, match="the store is gone"):
        upload.send(io.BytesIO(b"x" * 12 * PART))
    upload.abort()
    assert (store.object, store.aborted) == (None, ["1"])


def test_an_answer_that_was_lost_is_no_failure_when_the_object_is_there():
    store = Parts()
    store.lost_answer = True
    upload = Multipart(store, "key", PART)
    upload.send(io.BytesIO(b"x" * 10))
    upload.complete()
    assert store.object == b"x" * 10


def test_another_size_in_the_store_is_a_failure():
    store = Parts()
    upload = Multipart(store, "key", PART)
    upload.send(io.BytesIO(b"x" * 10))
    store.size = lambda _key: 9
    with pytest.raises(BackupError, match="the store has 9 bytes of key, 10 were sent"):
        upload.complete()


def test_a_store_that_is_gone_when_giving_up_hides_no_other_failure():
    store = Parts()

    def gone(_upload):
        raise StoreError("cannot be reached")

    store.abort = gone
    Multipart(store, "key", PART).abort()


class Objects(Parts):
    """A store of several objects."""

    def __init__(self):
        super().__init__()
        self.by_key, self.completed = {}, {}

    def create_multipart_upload(self, Key):
        self.by_key[Key] = {}
        return {"UploadId": Key}

    def put_part(self, upload, number, content):
        self.by_key[upload.key][number] = bytes(content)
        return {"PartNumber": number, "ETag": str(number)}

    def complete_multipart_upload(self, Key, UploadId, MultipartUpload):
        self.completed[Key] = b"".join(self.by_key[Key][part["PartNumber"]] for part in MultipartUpload["Parts"])

    def size(self, key):
        return len(self.completed[key])


@given(st.integers(0, 12 * PART + 7))
def test_a_stream_that_is_longer_than_an_object_goes_on_in_the_next(length):
    content = bytes(number % 251 for number in range(length))
    store = Objects()
    upload = StreamUpload(store, "backup/", "dump", PART, most_parts=4)
    upload.send(io.BytesIO(content))
    assert store.completed == {}
    made = upload.complete()
    assert b"".join(store.completed[f"backup/{name}"] for name, _digest in made) == content
    assert len(made) == max(1, -(-length // (4 * PART)))
    assert [digest.size for _name, digest in made] == [len(store.completed[f"backup/{name}"]) for name, _digest in made]
    assert all(len(parts) <= 4 for parts in store.by_key.values())


def test_the_names_of_the_objects_sort_as_the_stream_goes_on():
    # 5 TiB in parts of 16 MiB are 33 objects.
    names = [name_of("database.dump.zst", number) for number in range(1, 34)]
    assert names[:2] == ["database.dump.zst", "database.dump.zst.0002"]
    assert names == sorted(names)


def test_all_objects_are_given_up_together():
    store = Objects()
    upload = StreamUpload(store, "backup/", "dump", PART, most_parts=2)
    upload.send(io.BytesIO(b"x" * 5 * PART))
    upload.abort()
    assert store.aborted == ["backup/dump", "backup/dump.0002", "backup/dump.0003"]
