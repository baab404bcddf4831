# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the library is given, whatever its release does with it."""

from __future__ import annotations

import base64
import hashlib

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.policy import Upload
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import Store

SETTINGS = {
    "endpoint": "http://127.0.0.1:1",
    "region": "us-east-1",
    "path_style": True,
    "ca_file": None,
    "outage_seconds": 0,
    "parallel_transfers": 1,
}


class Client:
    def __init__(self):
        self.given = []

    def upload_part(self, **given):
        self.given.append(given)
        return {"ETag": "1"}

    put_object = upload_part


@pytest.fixture
def store():
    store = Store("backups", SETTINGS, {"access_key": "a", "secret_key": "b"})
    store.client = Client()
    return store


def test_a_part_is_given_to_the_library_as_a_file(store):
    """Bytes are sent in one piece by the urllib3 of Debian 12, under the time limit that a single block has."""
    assert store.put_part(Upload("key", "1", None), 7, bytearray(b"content")) == {"PartNumber": 7, "ETag": "1"}
    (given,) = store.client.given
    assert bytes(given["Body"].read()) == b"content"


def test_everything_that_is_stored_has_its_checksum(store):
    store.put("key", b"content")
    store.put_part(Upload("key", "1", None), 1, bytearray(b"content"))
    expected = base64.b64encode(hashlib.md5(b"content").digest()).decode()
    assert [given["ContentMD5"] for given in store.client.given] == [expected] * 2
