# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs after a restore is named, and only what carries the mark of a restore is its own."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import mark, target

NONE = {"number": 0, "bytes": 0}


def differences(expected, found, large=None, loaded=None):
    there = {"tables": expected, **({"large_objects": large} if large else {})}
    return target.differences(there, {"tables": found, "large_objects": loaded or NONE})


def test_differing_rows_and_tables_are_named():
    assert differences({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "d": 4}) == [
        "b has 1 rows, expected 2",
        "c has no table and no rows, expected 3",
        "d has 4 rows, expected no such table",
    ]
    assert differences({"a": 0, "uncounted": None}, {"a": 0, "uncounted": 7}) == []
    assert differences({"uncounted": None}, {}) == ["uncounted has no table and no rows, expected None"]


def test_large_objects_are_compared_where_they_were_counted():
    some = {"number": 2, "bytes": 10}
    assert differences({}, {}, some, some) == differences({}, {}, None, some) == []
    assert differences({}, {}, some) == ["0 large objects of 0 bytes, expected 2 of 10"]
    assert differences({}, {}, some, {"number": 2, "bytes": 9}) == ["2 large objects of 9 bytes, expected 2 of 10"]


def test_a_mark_is_read_as_it_was_written():
    name = mark.new_name()
    assert name != mark.new_name()
    for state in (mark.LOADING, mark.LOADED):
        text = mark.comment(state, 'or"ders', "20260101")
        assert mark.read(name, text) == {"state": state, "target": 'or"ders', "backup": "20260101"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("orders_incoming", mark.comment(mark.LOADING, "orders", "1")),
        ("restore_1", None),
        ("restore_1", ""),
        ("restore_1", "loading"),
        ("restore_1", "[]"),
        ("restore_1", '{"plannerate-backup": "mine"}'),
    ],
)
def test_everything_else_is_somebody_elses(name, text):
    assert mark.read(name, text) is None


def test_a_name_that_would_be_cut_off_is_refused():
    target.check_name("a" * 63)
    for name in ("", "a" * 64, "é" * 32):
        with pytest.raises(Refused, match=r"bytes, expected 1 to 63"):
            target.check_name(name)
