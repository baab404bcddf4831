# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup arrives over any link that moves, in parts of one size, and with a checksum that every store takes."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time

import pytest
from support.helpers.object_store import Link

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3 import store as store_module
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import StoreError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.upload import StreamUpload

MIB = 1 << 20


@pytest.fixture
def make_link(object_store):
    links = []

    def make(rate):
        links.append(Link(object_store.port, rate))
        return links[-1]

    yield make
    for link in links:
        link.close()


@pytest.fixture
def impatient(monkeypatch):
    """A block may take four seconds."""
    monkeypatch.setattr(store_module, "SECONDS_OF_A_BLOCK", 4)
    monkeypatch.setattr(store_module, "SECONDS_OF_AN_ANSWER", 8)


def send(store, content, name, size_of_part=5 * MIB):
    upload = StreamUpload(store, "links/", name, size_of_part)
    try:
        upload.send(io.BytesIO(content))
        upload.complete()
    except BaseException:
        upload.abort()
        raise


@pytest.mark.usefixtures("impatient")
def test_a_part_that_takes_longer_than_a_block_may_arrives(object_store, make_link):
    link = make_link(3.5 * MIB)
    store = object_store.open(link.own_port, outage_seconds=0)
    # More than the buffers of both ends take at once.
    content = os.urandom(36 * MIB)
    began = time.monotonic()
    send(store, content, "slow", 10 * MIB)
    took = time.monotonic() - began
    assert hashlib.sha256(object_store.open().get("links/slow")).digest() == hashlib.sha256(content).digest()
    # Four parts share the link, so each took about as long as all.
    assert 8 < took < 13, "nothing was sent twice"
    assert link.passed < 1.05 * len(content)


@pytest.mark.usefixtures("impatient")
def test_a_link_that_is_cut_for_a_while_goes_on(object_store, make_link):
    link = make_link(4 * MIB)
    store = object_store.open(link.own_port, outage_seconds=15)
    content = os.urandom(12 * MIB)
    threading.Timer(1, link.open.clear).start()
    threading.Timer(8, link.open.set).start()
    send(store, content, "cut")
    assert hashlib.sha256(object_store.open().get("links/cut")).digest() == hashlib.sha256(content).digest()


@pytest.mark.usefixtures("impatient")
def test_a_link_that_stays_cut_is_given_up(object_store, make_link, monkeypatch):
    monkeypatch.setattr(store_module, "SECONDS_OF_A_BLOCK", 1)
    monkeypatch.setattr(store_module, "SECONDS_OF_AN_ANSWER", 1)
    monkeypatch.setattr(store_module, "_PATIENCE_AT_THE_END", 0)
    link = make_link(4 * MIB)
    store = object_store.open(link.own_port, outage_seconds=3)
    threading.Timer(1, link.open.clear).start()
    began = time.monotonic()
    with pytest.raises(StoreError, match="cannot be reached"):
        send(store, os.urandom(12 * MIB), "gone")
    assert time.monotonic() - began < 20


def test_every_put_carries_the_old_checksum_and_no_new_one(object_store):
    store, seen = object_store.open(), []

    def look(request, **_more):
        seen.append((request.method, dict(request.headers)))

    store.client.meta.events.register("before-send.s3", look)
    store.put("links/small", b"x")
    send(store, b"y" * 6 * MIB, "parts")
    store.delete(["links/small"])
    puts = [headers for method, headers in seen if method == "PUT"]
    assert len(puts) == 3
    # A store that refuses what has no checksum refuses a list of what is to be deleted too.
    assert [headers for method, headers in seen if method == "POST" and "Content-MD5" in headers]
    for headers in puts:
        assert "Content-MD5" in headers
        assert not [name for name in headers if name.lower().startswith(("x-amz-checksum", "x-amz-trailer"))]


def test_a_part_that_is_damaged_on_its_way_is_refused(object_store):
    """So the store looks at the checksum."""
    store = object_store.open()

    def damage(request, **_more):
        if request.method == "PUT":
            request.body = b"z"

    store.client.meta.events.register("before-send.s3", damage)
    with pytest.raises(StoreError, match=r"BadDigest|InvalidDigest|XAmzContentSHA256Mismatch"):
        store.put("links/damaged", b"x")
    assert object_store.open().find("links/damaged") is None
