# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan says is what is done, and nothing looks whole that is not, wherever it is interrupted."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta, timezone
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.helpers.bucket import Bucket, stored

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import index, keys, listing
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Refused, UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention import policy as retention
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.rotation import Rotation
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import StoreError

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
POLICY = {
    "daily": 3,
    "weekly": None,
    "monthly": None,
    "verified": 1,
    "minimum_age_hours": 24,
    "orphan_grace_hours": 48,
}
STATES = ["good", "verified", "damaged", "missing", "shortened", "orphan"]

histories = st.lists(
    st.tuples(st.integers(-3, 60), st.sampled_from(STATES), st.sampled_from(["shop", "blog"])), min_size=1, max_size=25
)


def bucket_of(history):
    contents = {"production/RESTORE.md": b"text", "production_test/7/shop/other": b"x"}
    for number, (days, state, database) in enumerate(history):
        contents.update(stored(NOW - timedelta(days=days), f"{number:08x}", database=database, state=state))
    return Bucket(contents)


def rotation_of(bucket):
    try:
        return Rotation(bucket, "production", POLICY, NOW)
    except Refused:
        return None


def directories(bucket):
    places = (keys.place_of("production", name) for name in bucket.contents)
    return {place.directory for place in places if place}


@given(histories)
def test_what_the_plan_says_is_what_is_done(history):
    bucket = bucket_of(history)
    before = dict(bucket.contents)
    rotation = rotation_of(bucket)
    assert bucket.contents == before
    if rotation:
        rotation.carry_out()
        kept = {decision.backup.directory for decision in rotation.plan.keep}
        assert directories(bucket) == kept
        assert {name for name in before if not name.startswith("production/7/")} <= set(bucket.contents)


@given(histories, st.integers(0, 12))
def test_killed_anywhere_nothing_looks_whole_that_is_not(history, lives):
    bucket = bucket_of(history)
    broken = {directory for directory, whole in bucket.states().items() if not whole}
    rotation = rotation_of(bucket)
    if not rotation:
        return
    bucket.lives = lives
    # So small that one backup's objects go in several requests.
    with mock.patch(f"{Rotation.__module__}.DELETE_BATCH", 2), contextlib.suppress(StoreError):
        rotation.carry_out()
    assert {directory for directory, whole in bucket.states().items() if not whole} <= broken
    kept = {decision.backup.directory for decision in rotation.plan.keep}
    assert kept <= directories(bucket)


def test_an_object_that_cannot_be_deleted_fails_and_is_named_once():
    bucket = bucket_of([(days, "good", "shop") for days in range(10)])
    going = sorted(decision.backup.directory for decision in rotation_of(bucket).plan.delete)
    bucket.protected = {going[0] + keys.MANIFEST, going[1] + "dump/00000.dat.gz"}
    with pytest.raises(BackupError) as failure:
        rotation_of(bucket).carry_out()
    assert str(failure.value).startswith("2 objects were not deleted: ")
    for name in bucket.protected:
        assert str(failure.value).count(name) == 1
    # What keeps its manifest keeps its data.
    assert bucket.states()[going[0]] is True
    assert bucket.requests.count("DELETE") == 2


def test_many_go_in_batches_of_a_thousand():
    contents = {}
    for number in range(20):
        contents.update(stored(NOW - timedelta(days=number), f"{number:08x}", objects=300))
    bucket = Bucket(contents)
    rotation_of(bucket).carry_out()
    # 17 of them go: their manifests, then 5,100 objects.
    assert bucket.requests.count("DELETE") == 1 + 6
    assert bucket.requests.count("LIST") == 7 + 7
    assert len(bucket.states()) == 3


def test_unfinished_uploads_are_given_up():
    bucket = bucket_of([(1, "good", "shop")])
    old = retention.Upload("production/7/shop/x/database.dump.zst", "1", NOW - timedelta(days=3))
    other = retention.Upload("staging/7/shop/x/database.dump.zst", "1", NOW - timedelta(days=3))
    bucket.unfinished = [old, other]
    rotation = rotation_of(bucket)
    rotation.carry_out()
    assert rotation.result()["aborted"] == [old.key]
    assert bucket.unfinished == [other]


def test_a_prefix_of_nothing_is_refused_before_anything_is_listed():
    bucket = bucket_of([(1, "good", "shop")])
    with pytest.raises(UsageError, match="prefix ''"):
        Rotation(bucket, "", POLICY, NOW)
    assert bucket.requests == []


@pytest.mark.parametrize("seal", [None, b"key"])
def test_what_was_read_once_is_not_read_again(seal):
    """A hundred thousand objects of five hundred databases; of what is new, two objects are read."""
    contents = {}
    for number in range(500):
        for days in range(2):
            contents.update(stored(NOW - timedelta(days=days), f"{number:08x}", f"d{number:03}", objects=99))
    bucket = Bucket(contents)
    bucket.seal = seal
    rotation_of(bucket).carry_out()
    assert bucket.requests.count("PUT") == 500
    pages = -(-len(bucket.contents) // 1000)
    bucket.requests.clear()
    rotation = rotation_of(bucket)
    rotation.carry_out()
    assert len(rotation.plan.keep) == 1000
    assert (bucket.requests.count("LIST"), bucket.requests.count("GET")) == (pages, 500)
    assert len(bucket.requests) == pages + 500
    bucket.contents.update(stored(NOW - timedelta(hours=1), "ffffffff", "d000"))
    bucket.requests.clear()
    rotation_of(bucket)
    assert len(bucket.requests) == pages + 500 + 2


def test_what_changed_is_read_again_whatever_is_known_of_it():
    bucket = bucket_of([(1, "verified", "shop")])
    rotation_of(bucket).carry_out()
    name = next(name for name in bucket.contents if name.endswith(keys.MANIFEST))
    bucket.contents[name] = bucket.contents[name].replace(b"gzip", b"gzap")
    with pytest.raises(Refused, match="its own checksum does not fit"):
        Rotation(bucket, "production", POLICY, NOW)


def test_what_somebody_else_wrote_into_an_index_is_not_known():
    bucket = bucket_of([(1, "damaged", "shop")])
    good = {"state": "good", "note": None, "proven": False, "authentic": True, "recipients": []}
    (name,) = {name.rpartition("/")[0] for name in bucket.contents if name.endswith(keys.MANIFEST)}
    above, _slash, one = name.rpartition("/")
    (listed,) = [found.listed for found in listing.backups(bucket, "production")]
    forged = index.NOTHING._replace(known={one: {"listed": listed, "seen": good}})
    index.write(bucket, above + "/", forged)
    assert [found.state for found in listing.backups(bucket, "production")] == ["good"], "it would be believed"
    bucket.seal = b"of somebody else"
    index.write(bucket, above + "/", forged)
    bucket.seal = b"key"
    (found,) = listing.backups(bucket, "production")
    assert (found.state, found.authentic) == ("damaged", False)
