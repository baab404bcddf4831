# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy and the copy's own rotation want the same."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from support.helpers.bucket import Bucket, stored

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.copy import Copy
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention.rotation import Rotation

NOW = datetime.now(timezone.utc)
POLICY = {
    "daily": 3,
    "weekly": None,
    "monthly": None,
    "verified": 1,
    "minimum_age_hours": 24,
    "orphan_grace_hours": 48,
}


def bucket(days, state="good", prefix="production"):
    contents: dict[str, bytes] = {}
    for day in days:
        contents.update(stored(NOW - timedelta(days=day), f"{day:08x}", state=state, prefix=prefix))
    return Bucket(contents)


def copied(source, target, *, with_retention=True):
    """Days ago of what is copied, which is in the target then."""
    copy = Copy(source, "production", target, "copies", POLICY if with_retention else None)
    ids = [one["id"] for one in copy.result()["copied"]]
    for name, content in source.contents.items():
        if keys.place_of("production", name).backup in ids:
            target.contents[f"copies{name.removeprefix('production')}"] = content
    return [int(name.split("-")[1], 16) for name in ids]


@pytest.mark.parametrize("state", ["good", "verified"])
@pytest.mark.parametrize("there", [[], range(5, 8)])
def test_what_the_copys_own_rotation_would_delete_is_not_copied(state, there):
    source, target = bucket(range(10), state), bucket(there, state, "copies")
    assert copied(source, target) == [0, 1, 2]
    for later in range(3):
        Rotation(target, "copies", POLICY, NOW + timedelta(hours=25 * later)).carry_out()
        assert copied(source, target) == []
    assert len(target.states()) == 3


def test_without_a_retention_everything_is_copied():
    assert copied(bucket(range(10)), bucket([]), with_retention=False) == list(range(10))


def test_a_copy_that_was_found_damaged_is_not_copied_over_and_no_verdict_absolves_it():
    source = bucket([0], "verified")
    copy = Copy(source, "production", bucket([0], "damaged", "copies"), "copies", POLICY)
    assert copy.result() == {"copied": [], "proven": [], "changed": False}
    # It is none, though, and the machine that writes is told.
    assert copy.report() == {"shop": {"ids": [], "behind": True}}


def test_a_copy_that_lost_an_object_is_made_whole():
    assert copied(bucket([0]), bucket([0], "missing", "copies")) == [0]
