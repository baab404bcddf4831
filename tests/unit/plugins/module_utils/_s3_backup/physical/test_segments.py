# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which WAL segments are missing."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.segments import (
    Gap,
    gaps,
    number,
    require_size,
)

MIB = 1 << 20


def named(timeline, *numbers):
    return [f"{timeline:08X}{place // 256:08X}{place % 256:08X}" for place in numbers]


def test_the_segment_after_the_last_of_a_log_follows_it():
    assert gaps(named(1, 254, 255, 256, 257), 16 * MIB) == []
    assert number("000000010000000100000000", 16 * MIB) == 256
    assert number("000000010000000100000000", 64 * MIB) == 64


def test_each_place_where_something_is_missing_is_named():
    before, after = named(1, 4, 7)
    assert gaps(named(1, 3, 4, 7, 8), 16 * MIB) == [Gap(before, after)]


def test_a_timeline_begins_where_the_one_before_was_left():
    # The former primary went on for two segments.
    assert gaps(named(1, 3, 4, 5, 6) + named(2, 4, 5, 6, 7), 16 * MIB) == []
    assert gaps(named(1, 3, 4) + named(2, 5, 6), 16 * MIB) == []


def test_what_a_former_primary_went_on_to_write_does_not_hide_a_gap():
    before, after = named(2, 4, 6)
    assert gaps(named(1, 3, 4, 5, 6) + named(2, 4, 6, 7), 16 * MIB) == [Gap(before, after)]


def test_a_timeline_that_begins_too_late_leaves_a_gap():
    assert gaps(named(1, 3, 4) + named(2, 6), 16 * MIB) == [Gap(*named(1, 4), *named(2, 6))]


def test_what_is_no_segment_is_refused():
    with pytest.raises(BackupError, match="no name of a WAL segment"):
        number("00000002.history", 16 * MIB)


def test_smaller_segments_are_refused_by_name():
    require_size(["000000010000000000000001", "0000000100000000000000FF"], 16 * MIB)
    with pytest.raises(
        Refused, match=r"the segment 000000010000000000000100 .*smaller than 16 MiB.*Nothing was deleted"
    ):
        require_size(["0000000100000000000000FF", "000000010000000000000100"], 16 * MIB)
