# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row says what was measured and whether that was promised; what was not measured is neither kept nor forgotten."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import (
    LIMITS,
    is_good,
    judged,
    limits_of,
    shown,
    table,
)


def row(measured, name="replication_lag_seconds", **limits):
    return judged("replication", "pg-replica1", "lag", measured, "s", name, {**LIMITS, **limits}, "it is paused")


@pytest.mark.parametrize(("measured", "verdict"), [(0, "pass"), (1, "pass"), (1.01, "fail"), (None, "not measured")])
def test_a_limit_is_kept_up_to_its_value(measured, verdict):
    assert row(measured)["verdict"] == verdict
    assert is_good([row(measured)]) == (verdict == "pass")


def test_of_some_more_is_better():
    assert [row(days, "certificate_days")["verdict"] for days in (13.9, 14)] == ["fail", "pass"]
    assert row(14, "certificate_days")["promise"] == ">= 14 s"


def test_an_inventory_may_change_a_limit_and_no_other():
    assert limits_of({"replication_lag_seconds": 5})["replication_lag_seconds"] == 5
    assert limits_of({}) == LIMITS
    with pytest.raises(ValueError, match="validate_limits has lag, expected some of backup_age_hours"):
        limits_of({"lag": 1})
    for value in ("5", True, None):
        with pytest.raises(ValueError, match=r"replication_lag_seconds is .*, expected a number"):
            limits_of({"replication_lag_seconds": value})


@pytest.mark.parametrize(
    ("measured", "text"), [(0.65, "0.65 s"), (1826.04, "1826.04 s"), (2.0, "2 s"), (7, "7 s"), (None, "-")]
)
def test_what_was_measured_is_shown_as_a_person_writes_it(measured, text):
    assert shown(row(measured)) == text


def test_the_table_explains_what_is_not_kept_and_names_what_was_left_out():
    text = table([row(0.25), row(3.0), row(None)], ["pool"])
    lines = text.splitlines()
    assert lines[0].split() == ["PART", "SUBJECT", "CHECK", "MEASURED", "PROMISED", "KEPT"]
    assert (
        lines[1].endswith("0.25 s    <= 1 s    yes") and lines[2].endswith("NO") and lines[3].endswith("NOT MEASURED")
    )
    assert lines[4:6] == ["replication, pg-replica1, lag: it is paused"] * 2
    assert lines[6:] == ["Left out, since the inventory has no hosts for it: pool.", "1 of 3 kept"]
