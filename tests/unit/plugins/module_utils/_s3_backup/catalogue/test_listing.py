# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the bucket is taken for what it is."""

from __future__ import annotations

import json
import tracemalloc
from datetime import datetime, timedelta, timezone

import pytest
from support.helpers.bucket import Bucket, stored

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import listing, manifest

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("stored_as", "state", "note"),
    [
        ("good", "good", None),
        ("verified", "verified", None),
        ("damaged", "damaged", "a flipped bit"),
        ("outdated", "good", None),
        ("missing", "damaged", "dump/00001.dat.gz has no bytes, expected 1"),
        ("shortened", "damaged", "dump/00001.dat.gz has 0 bytes, expected 1"),
        ("orphan", "orphan", "no manifest"),
        ("unreadable", "unreadable", "not JSON"),
    ],
)
def test_the_state_of_a_backup(stored_as, state, note):
    (found,) = listing.backups(Bucket(stored(NOW, "0a0b0c0d", state=stored_as)), "production")
    assert found.state == state
    assert (found.note or "").startswith(note or "")
    assert (found.database, found.system, found.moment) == ("shop", "7", NOW)


def test_a_manifest_that_was_copied_to_another_place_is_unreadable():
    contents = stored(NOW, "0a0b0c0d")
    moved = {name.replace("/shop/", "/blog/"): content for name, content in contents.items()}
    (found,) = listing.backups(Bucket(moved), "production")
    assert (found.state, found.note) == ("unreadable", "database is 'shop', but it stands under 'blog'")


class Lying(Bucket):
    """Its listing has not these objects, or has them although they are not there."""

    left_out = ghosts = ()

    def objects(self, prefix):
        listed = Bucket({**self.contents, **dict.fromkeys(self.ghosts, b"x")})
        return (entry for entry in listed.objects(prefix) if entry.key not in self.left_out)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("manifest.json", "the listing left out manifest.json, which is there"),
        ("verified.json", "the listing left out verified.json, which is there"),
        ("dump/00001.dat.gz", "the listing has no bytes of dump/00001.dat.gz, which has 1"),
    ],
)
def test_what_a_listing_leaves_out_is_looked_at_before_it_counts_as_missing(name, said):
    contents = stored(NOW, "0a0b0c0d", state="verified")
    bucket = Lying(contents)
    bucket.left_out = {key for key in contents if key.endswith(name)}
    (found,) = listing.backups(bucket, "production")
    assert (found.state, found.doubt) == ("verified", said)


def test_what_a_listing_shows_and_is_not_there_is_said():
    contents = stored(NOW, "0a0b0c0d", state="orphan")
    bucket = Lying(contents)
    bucket.ghosts = {min(contents).split("dump/")[0] + "manifest.json"}
    (found,) = listing.backups(bucket, "production")
    assert (found.state, found.doubt) == ("orphan", "the listing shows manifest.json, which is not there")


@pytest.mark.parametrize(("state", "expected"), [("verified", True), ("good", False)])
def test_a_backup_whose_manifest_does_not_answer_was_verified_all_the_same(state, expected):
    contents = stored(NOW, "0a0b0c0d", state=state)
    (found,) = listing.backups(
        Bucket({name: content for name, content in contents.items() if not name.endswith("manifest.json")}),
        "production",
    )
    assert (found.state, found.was_verified) == ("orphan", expected)


@pytest.mark.parametrize(("state", "expected"), [("verified", True), ("good", False)])
def test_a_backup_that_lost_an_object_was_verified_all_the_same(state, expected):
    contents = stored(NOW, "0a0b0c0d", state=state)
    (found,) = listing.backups(
        Bucket({name: content for name, content in contents.items() if "00001" not in name}), "production"
    )
    assert (found.state, found.was_verified, found.doubt) == ("damaged", expected, None)


def signed(contents, key, which=("manifest.json", "verified.json")):
    """The same, as somebody with the key wrote it; a verdict is about the manifest as it then is."""
    found, key_of = dict(contents), next(name for name in contents if name.endswith("manifest.json"))
    if "manifest.json" in which:
        found[key_of] = manifest.seal(without_checksum(contents[key_of]), key)
    for name, content in contents.items():
        if name.endswith("verified.json"):
            verdict = {**without_checksum(content), "manifest_sha256": manifest.digest(found[key_of])}
            found[name] = manifest.seal(verdict, key if "verified.json" in which else None)
    return found


def without_checksum(content):
    return {name: value for name, value in json.loads(content).items() if name != "checksum"}


@pytest.mark.parametrize("state", ["verified", "damaged"])
@pytest.mark.parametrize(
    ("which", "expected", "authentic"),
    [
        (("manifest.json", "verified.json"), None, True),
        (("manifest.json",), "good", True),
        ((), None, False),
    ],
)
def test_a_verdict_counts_as_much_as_who_wrote_it(state, which, expected, authentic):
    bucket = Bucket(signed(stored(NOW, "0a0b0c0d", state=state), b"key", which))
    bucket.seal = b"key"
    (found,) = listing.backups(bucket, "production")
    assert (found.state, found.authentic) == (expected or state, authentic)
    assert ("its verdict is not authentic" in (found.note or "")) == (which == ("manifest.json",))
    assert found.was_verified == (state == "verified"), "rotation is slow with it all the same"


def test_what_another_key_signed_is_said():
    bucket = Bucket(signed(stored(NOW, "0a0b0c0d"), b"of before"))
    bucket.seal = b"key"
    (found,) = listing.backups(bucket, "production")
    assert (found.state, found.authentic, found.note) == ("good", False, "its signature does not fit")


def test_other_objects_and_prefixes_are_not_seen():
    contents = {
        **stored(NOW, "0a0b0c0d", prefix="production_test"),
        "production/RESTORE.md": b"x",
        "production/7/notes.txt": b"x",
    }
    assert list(listing.backups(Bucket(contents), "production")) == []


def test_a_hundred_thousand_objects_take_a_list_for_each_thousand_and_little_memory():
    contents = {}
    for number in range(100):
        contents.update(stored(NOW - timedelta(days=number), f"{number:08x}", objects=999))
    bucket = Bucket(contents)
    assert len(contents) == 100_000
    tracemalloc.start()
    try:
        found = list(listing.backups(bucket, "production"))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 100
    assert {one.state for one in found} == {"good"}
    assert bucket.requests.count("LIST") == 100
    # The bucket's own sorted list of names is most of it.
    assert peak < 8 * 1024 * 1024
