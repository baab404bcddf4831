# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key names one backup, and no other database or prefix."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import UsageError

MOMENT = datetime(2026, 11, 23, 18, 7, 9, tzinfo=timezone.utc)


@given(st.text(min_size=1, max_size=63).filter(lambda name: "\0" not in name and name.isprintable()))
def test_any_database_name_is_found_again(database):
    directory = keys.backup_directory("production", "7435", database, keys.backup_id(MOMENT, "0a1b2c3d"))
    place = keys.place_of("production", directory + "dump/toc.dat")
    assert place == (directory, "7435", database, "20261123T180709Z-0a1b2c3d", "dump/toc.dat")
    assert keys.moment_of(place.backup) == MOMENT


@pytest.mark.parametrize(
    "key",
    [
        "app_test/7/shop/20261123T180709Z-0a1b2c3d/manifest.json",
        "app/RESTORE.md",
        "app/7/shop/20261123T180709Z-0a1b2c3d/",
        "app/7/shop/20261123T180709Z-0a1b2c3d",
        "app/7/shop/20269999T180709Z-0a1b2c3d/manifest.json",
        "app/seven/shop/20261123T180709Z-0a1b2c3d/manifest.json",
        "app/7/shop/notes/manifest.json",
    ],
)
def test_what_is_no_backup_belongs_to_none(key):
    assert keys.place_of("app", key) is None


@pytest.mark.parametrize("prefix", ["", "/", " ", "a//b", "/a", "..", "a/../b", None])
def test_a_prefix_that_would_match_too_much_is_refused(prefix):
    with pytest.raises(UsageError, match=r"prefix .*: expected names separated by single slashes"):
        keys.root(prefix)


@pytest.mark.parametrize(("prefix", "root"), [("app", "app/"), ("app/", "app/"), ("a/b", "a/b/")])
def test_a_prefix_ends_in_a_slash(prefix, root):
    assert keys.root(prefix) == root
