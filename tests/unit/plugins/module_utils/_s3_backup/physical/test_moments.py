# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A moment is one moment, or it is refused with what could be meant."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.moments import (
    for_postgres,
    moment,
    shown,
)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-31T15:06:59+01:00", "2026-01-31T14:06:59Z"),
        ("2026-01-31 15:06:59 -0330", "2026-01-31T18:36:59Z"),
        ("2026-01-31 15:06:59+01", "2026-01-31T14:06:59Z"),
        ("2026-01-31T15:06Z", "2026-01-31T15:06:00Z"),
        ("2026-01-31 15:06:59.25 UTC", "2026-01-31T15:06:59.25Z"),
        ("2026-01-31 15:06:59 Europe/Berlin", "2026-01-31T14:06:59Z"),
        ("2026-07-31 15:06:59 Europe/Berlin", "2026-07-31T13:06:59Z"),
        ("2026-07-31 15:06:59 America/Sao_Paulo", "2026-07-31T18:06:59Z"),
    ],
)
def test_a_moment_with_a_zone(text, utc):
    assert shown(moment(text)) == utc
    assert moment(shown(moment(text))) == moment(text)


def test_postgres_is_told_an_offset():
    assert for_postgres(moment("2026-01-31T15:06:59.5+01:00")) == "2026-01-31 14:06:59.500000+00"


@pytest.mark.parametrize("text", ["2026-01-31 15:06:59", "2026-01-31T15:06"])
def test_without_a_zone_it_is_refused(text):
    with pytest.raises(UsageError, match="has no zone"):
        moment(text)


@pytest.mark.parametrize(
    "text", ["", "now", "15:06:59Z", "2026-02-30T15:06:59Z", "2026-01-31T25:06:59Z", "31.01.2026 15:06 UTC"]
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(UsageError, match="is no moment"):
        moment(text)


@pytest.mark.parametrize("text", ["2026-01-31T15:06:59 Europe/Nowhere", "2026-01-31T15:06:59+25:00"])
def test_a_zone_that_nobody_has_is_refused(text):
    with pytest.raises(UsageError, match=r"not known here|no country"):
        moment(text)


def test_an_hour_that_is_there_twice_is_named_with_both():
    with pytest.raises(UsageError, match=r"twice.*2026-10-25T00:30:00Z or 2026-10-25T01:30:00Z"):
        moment("2026-10-25 02:30:00 Europe/Berlin")
    assert shown(moment("2026-10-25T02:30:00+02:00")) == "2026-10-25T00:30:00Z"


def test_an_hour_that_was_left_out_is_named():
    with pytest.raises(UsageError, match=r"never there.*2026-03-29T00:30:00Z or 2026-03-29T01:30:00Z"):
        moment("2026-03-29 02:30:00 Europe/Berlin")
