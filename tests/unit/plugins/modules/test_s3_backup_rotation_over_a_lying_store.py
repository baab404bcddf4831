# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a store says wrongly, nothing verified goes that an honest one would have kept, and nothing in one night."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from functools import lru_cache

import pytest
from support.helpers.lies import POLICY, history, rightly_gone, states
from support.helpers.lying_store import LISTINGS, NAMED, LyingBucket

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys, manifest
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import (
    BackupError,
    Contradiction,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention import policy as retention
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.rotation import Rotation

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
HISTORIES = 10_000


def night(bucket, now):
    """(what was said, directories of manifests that went, those about which the plan's listing lied)."""
    before, about = dict(bucket.contents), None
    try:
        rotation = Rotation(bucket, "production", POLICY, now)
        said, about = " ".join(rotation.result()["warnings"]), set(bucket.about)
        rotation.carry_out()
    except BackupError as error:
        said = f"{type(error).__name__}: {error}"
    went = {name for name in before if name.endswith("/" + keys.MANIFEST)} - set(bucket.contents)
    return said, {name[: -len(keys.MANIFEST)] for name in went}, bucket.about if about is None else about


@pytest.fixture
def read_once(monkeypatch):
    """The same few documents are decoded again and again."""
    for name in ("decode", "decode_verdict"):
        monkeypatch.setattr(manifest, name, lru_cache(maxsize=None)(getattr(manifest, name)))
    for name in ("place_of", "moment_of", "database_directory"):
        monkeypatch.setattr(keys, name, lru_cache(maxsize=None)(getattr(keys, name)))


@pytest.mark.usefixtures("read_once")
def test_random_histories_with_a_store_that_lies():
    lies, deleted = Counter(), 0
    for seed in range(HISTORIES):
        choice = random.Random(seed)
        bucket = LyingBucket(history(choice, NOW))
        bucket.choice = choice
        begun = now = NOW
        for _night in range(choice.randint(1, 3)):
            before = dict(bucket.contents)
            bucket.about, bucket.kind, bucket.denied = set(), None, None
            if choice.random() < 0.2:
                bucket.denied = choice.choice([*before, ""])
            elif choice.random() < 0.7:
                bucket.kind = choice.choice(LISTINGS)
            said, went, about = night(bucket, now)
            if went:
                found = states(before)
                verified = {place for place, one in found.items() if one.was_verified} & went
                deleted += len(verified)
                assert not verified - rightly_gone(found, now), (seed, bucket.kind, said)
                assert not verified or now - begun >= retention.SECOND_LOOK, (seed, bucket.kind, said)
            if bucket.kind in NAMED and about:
                lies[bucket.kind] += 1
                is_named = said.startswith(Contradiction.__name__) or any(place in said for place in about)
                assert is_named, (seed, bucket.kind, said)
            now += timedelta(hours=choice.choice([6, 23, 24, 25]))
    # It is no test of a rotation that never deletes, or of lies that are never told.
    assert deleted > 25
    assert all(lies[kind] > 10 for kind in NAMED), lies
