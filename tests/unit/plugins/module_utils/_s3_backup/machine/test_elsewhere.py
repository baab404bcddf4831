# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another machine told of a database becomes its metrics."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.elsewhere import figures

NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("told", "last"),
    [
        ({"newest": 5, "ids": ["a"], "behind": False}, NOW.timestamp()),
        # An earlier release does not say.
        ({"newest": 5, "ids": ["a"]}, NOW.timestamp()),
        ({"newest": 5, "ids": ["a"], "behind": True}, 5),
        ({"ids": [], "behind": True}, 0),
    ],
)
def test_a_copy_whose_newest_backup_is_missing_is_as_old_as_what_it_has(told, last):
    assert figures(["shop"], NOW, {"shop": told})["shop"] == {
        "last_success": last,
        "newest_copy": told.get("newest"),
    }


def test_what_was_never_told_was_never_done():
    assert figures(["shop"], None, {}) == {"shop": {"last_success": 0, "newest_copy": None}}
