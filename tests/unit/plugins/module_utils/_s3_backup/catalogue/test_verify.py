# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rotation deletes while it is read is told from what is damaged."""

from __future__ import annotations

from datetime import datetime, timezone
from unittest import mock

import pytest
from support.helpers.bucket import Bucket, stored

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import (
    keys,
    listing,
    manifest,
    verify,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import (
    BackupError,
    Damaged,
    Gone,
    Incomplete,
)
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


def test_an_object_that_is_missing_in_a_backup_is_said_and_condemns_nothing(bucket, backup):
    key, go_on = read_first(bucket, backup)
    del bucket.contents[key]
    with pytest.raises(Incomplete, match="is not there, the manifest lists it"):
        go_on()
    with pytest.raises(BackupError, match="is not there, the manifest lists it") as failure:
        verify.verify(bucket, backup, lambda _what, _total: mock.Mock())
    # The other object has another checksum than its manifest says, and that is damage.
    assert isinstance(failure.value, Damaged)
    assert failure.value.exit_code == Incomplete.exit_code == 4


def test_an_object_that_is_not_read_and_is_there_is_said(bucket, backup, monkeypatch):
    key, go_on = read_first(bucket, backup)
    monkeypatch.setattr(bucket, "size", lambda _key: 1)
    del bucket.contents[key]
    with pytest.raises(Incomplete, match=r"has 1 bytes when looked at \(NoSuchKey\); read it again"):
        go_on()


def test_a_missing_object_alone_is_not_written_beside_the_backup(bucket, backup):
    for name in list(bucket.contents):
        if "/dump/" in name:
            del bucket.contents[name]
    with pytest.raises(Incomplete):
        verify.verify(bucket, backup, lambda _what, _total: mock.Mock())
    assert backup.directory + keys.VERIFIED not in bucket.contents


def test_a_verdict_of_damage_says_whether_a_drill_had_restored_it(bucket, backup):
    digest = manifest.digest(bucket.contents[backup.directory + keys.MANIFEST])
    for expected in (False, True, True):
        assert verify.condemn(bucket, backup, digest, "checksums", ["why"]) == []
        (found,) = listing.backups(bucket, "production")
        assert (found.state, found.note, found.was_verified) == ("damaged", "why", expected)
        if not expected:
            verify.pronounce(bucket, backup, digest, "good", "drill")


def test_an_object_of_a_backup_that_is_gone_is_none(bucket, backup):
    _key, go_on = read_first(bucket, backup)
    bucket.contents.clear()
    with pytest.raises(Gone, match="was deleted while it was read, by a rotation or by hand"):
        go_on()
    with pytest.raises(Gone):
        verify.manifest_of(bucket, backup)
