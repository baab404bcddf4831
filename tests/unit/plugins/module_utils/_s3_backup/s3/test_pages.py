# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listing that cannot be one stops the run by name."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Contradiction
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.store import Store

from .test_store import SETTINGS


def listed(*answers):
    """What a store's listing gives: answers are (keys, mark of the next page or None for the last)."""
    store = Store("backups", SETTINGS, {"access_key": "a", "secret_key": "b"})
    rest = iter(answers)

    def list_objects_v2(**_given):
        names, mark = next(rest)
        page = {"Contents": [{"Key": name, "Size": 1} for name in names]}
        return page if mark is None else {**page, "IsTruncated": True, "NextContinuationToken": mark}

    store.client = type("Client", (), {"list_objects_v2": staticmethod(list_objects_v2)})
    return [entry.key for entry in store.objects("p/")]


@pytest.mark.parametrize(
    "names",
    [
        ["p/shop-old/1", "p/shop/1", "p/shop_new/1"],
        # A store that is made of directories.
        ["p/shop/1", "p/shop-old/1", "p/shop_new/1"],
    ],
)
def test_keys_ascend_in_either_of_two_orders(names):
    assert listed((names[:2], "a"), (names[2:], None)) == names


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(["p/b", "p/a"], None)], "has p/a after p/b: expected keys that ascend"),
        ([(["p/a", "p/a"], None)], "has p/a after p/a"),
        ([(["p/c"], "x"), (["p/b"], None)], "has p/b after p/c"),
        ([(["p/a", "p/b"], "x"), (["p/a", "p/b"], "y")], "has p/a after p/b"),
        ([(["p/shop-old/1", "p/shop/1", "p/shop-new/1"], None)], "has p/shop-new/1 after p/shop/1"),
        ([(["p/a"], "x"), (["p/b"], "x")], "goes on with a page that was there already"),
        ([([], "x"), ([], "y"), ([], "x")], "goes on with a page that was there already"),
        ([(["p/a"], "")], "goes on with a page that it does not name"),
        ([(["q/a"], None)], "has q/a, which is not below it"),
    ],
)
def test_what_cannot_be_a_listing_stops_the_run(answers, said):
    with pytest.raises(Contradiction, match=said):
        listed(*answers)
