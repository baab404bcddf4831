# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A manifest is complete and of a known format, or it is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys, manifest
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.digest import Digest

ID = "20261123T180709Z-0a1b2c3d"
PLACE = keys.Place(f"production/7/shop/{ID}/", "7", "shop", ID, keys.MANIFEST)
GOOD = {
    "format": 1,
    "id": ID,
    "database": "shop",
    "system_identifier": "7",
    "created": "2026-11-23T18:07:09Z",
    "mode": "stream",
    "compression": "zstd",
    "encryption": {"method": "none", "recipients": []},
    "objects": [
        {"name": "database.dump.zst", "size": 3, "sha256": "a", "plain_size": 9, "plain_sha256": "b"},
    ],
}


def test_what_was_written_is_read():
    assert manifest.decode(manifest.seal(GOOD), PLACE).items() >= GOOD.items()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 3}, "format 3, this release knows 1 and 2"),
        ({"format": None}, "format None"),
        ({"objects": []}, "lists no objects"),
        ({"objects": ["x"]}, r"objects\[0\] is no object"),
        ({"objects": [{"name": "x"}]}, r"objects\[0\].size is None, expected int"),
        ({"database": "blog"}, "database is 'blog', but it stands under 'shop'"),
        ({"system_identifier": "8"}, "system_identifier is '8'"),
        ({"id": "20261123T180709Z-ffffffff"}, "id is "),
        ({"created": "2026-11-22T18:07:09Z"}, "do not name the same moment"),
        ({"mode": 1}, "mode is 1, expected str"),
    ],
)
def test_anything_else_is_unreadable_with_the_reason(change, reason):
    with pytest.raises(manifest.Unreadable, match=reason):
        manifest.decode(manifest.seal({**GOOD, **change}), PLACE)


@given(st.binary(max_size=200))
def test_garbage_is_unreadable_and_nothing_worse(content):
    with pytest.raises(manifest.Unreadable):
        manifest.decode(content, PLACE)


@given(st.integers(0, 8 * len(manifest.seal(GOOD)) - 1))
def test_any_bit_that_flips_is_found(position):
    content = bytearray(manifest.seal(GOOD))
    content[position // 8] ^= 1 << position % 8
    with pytest.raises(manifest.Unreadable):
        manifest.decode(bytes(content), PLACE)


@given(st.integers(0, len(manifest.seal(GOOD)) - 2))
def test_a_manifest_that_was_cut_off_is_unreadable(length):
    with pytest.raises(manifest.Unreadable):
        manifest.decode(manifest.seal(GOOD)[:length], PLACE)


def test_missing_and_shortened_objects_are_found():
    assert manifest.missing_objects(GOOD, {"database.dump.zst": 3}) == []
    assert manifest.missing_objects(GOOD, {"database.dump.zst": 2}) == GOOD["objects"]
    assert manifest.missing_objects(GOOD, {}) == GOOD["objects"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"format": 2, "result": "good"}', b'{"format": 1, "result": "fine"}']
)
def test_a_verdict_that_is_none_counts_for_nothing(content):
    assert manifest.decode_verdict(content) is None


def test_an_empty_object_is_no_success():
    with pytest.raises(BackupError, match="x is empty"):
        manifest.entries([("x", Digest())], Digest())


def test_what_a_stream_of_several_objects_holds_stands_with_the_first():
    stored, plain = Digest(), Digest()
    stored(b"abc")
    plain(b"plain")
    first, second = manifest.entries([("x", stored), ("x.0002", stored)], plain)
    assert (first["plain_size"], first["plain_sha256"]) == (5, plain.hex())
    assert second == {"name": "x.0002", "size": 3, "sha256": stored.hex(), "plain_size": 0, "plain_sha256": ""}
    manifest.decode(manifest.seal({**GOOD, "format": 2, "objects": [first, second]}), PLACE)


def test_what_is_missing_in_a_backup_is_told_by_those_that_know():
    assert manifest.omitted(GOOD) == []
    assert manifest.omitted({**GOOD, "omissions": ["a"], "warnings": ["b"]}) == ["a", "b"]


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4),
    st.binary(min_size=1, max_size=5),
)
def test_only_who_has_the_key_writes_what_passes_for_authentic(said, key):
    document = json.loads(manifest.seal({"format": 2, **said}, b"the key"))
    assert manifest.is_authentic(document, b"the key") is True
    assert manifest.is_authentic(document, key + b"the key") is False
    assert manifest.is_authentic({**document, "more": 1}, b"the key") is False
    assert manifest.is_authentic(json.loads(manifest.seal({"format": 2, **said})), b"the key") is False
    assert manifest.is_authentic(document, None) is None, "nobody looked"
