# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rotation deletes while it is read is told from what is damaged."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from support.helpers.bucket import Bucket, stored

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import (
    keys,
    listing,
    manifest,
    verify,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Damaged, Gone
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import StoreError

NOW = datetime(2026, 11, 23, 18, tzinfo=timezone.utc)


class Readable(Bucket):
    def __init__(self, contents):
        super().__init__(contents)
        self.settings = {"parallel_transfers": 1}

    def get(self, key, **_range):
        if key not in self.contents:
            raise StoreError("not there", "NoSuchKey")
        return self.contents[key]


@pytest.fixture
def bucket():
    return Readable(stored(NOW, "0a0b0c0d"))


@pytest.fixture
def backup(bucket):
    (backup,) = listing.backups(bucket, "production")
    return backup


def read_first(bucket, backup):
    entry = manifest.decode(bucket.contents[backup.directory + keys.MANIFEST])["objects"][0]
    reading = verify.checked(bucket, backup.directory, entry)

    def go_on():
        return list(reading)

    return backup.directory + entry["name"], go_on


def test_an_object_that_is_missing_in_a_backup_is_damage(bucket, backup):
    key, go_on = read_first(bucket, backup)
    del bucket.contents[key]
    with pytest.raises(Damaged, match="is not there, the manifest lists it"):
        go_on()


def test_an_object_of_a_backup_that_is_gone_is_none(bucket, backup):
    _key, go_on = read_first(bucket, backup)
    bucket.contents.clear()
    with pytest.raises(Gone, match="was deleted while it was read, by a rotation or by hand"):
        go_on()
    with pytest.raises(Gone):
        verify.manifest_of(bucket, backup)
