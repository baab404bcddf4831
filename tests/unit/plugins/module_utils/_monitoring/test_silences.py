# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The silences of one author become the wanted ones; those of others are left alone."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.silences import plan

NOW = datetime(2026, 11, 26, 23, 50, tzinfo=timezone.utc)
DB01 = [{"name": "machine", "value": "db01", "regex": False}]
LAG = [
    {"name": "alertname", "value": "PostgresReplicationLagSlot", "regex": False},
    {"name": "slot_name", "value": "a|b", "regex": True},
]


def silence(number, wanted, author="patch", state="active", **more):
    matchers = [{"name": m["name"], "value": m["value"], "isRegex": m["regex"], **more} for m in reversed(wanted)]
    return {"id": number, "matchers": matchers, "createdBy": author, "status": {"state": state}}


def make(wanted, present):
    return plan(wanted, present, "patch", "why", NOW, 900)


def test_a_new_one_ends_by_itself():
    (body,) = make([DB01], [])["post"]
    assert body == {
        "matchers": [{"name": "machine", "value": "db01", "isRegex": False, "isEqual": True}],
        "startsAt": "2026-11-26T23:50:00.000Z",
        "endsAt": "2026-11-27T00:05:00.000Z",
        "createdBy": "patch",
        "comment": "why",
    }


@pytest.mark.parametrize(
    ("wanted", "present", "renewed", "deleted"),
    [
        ([DB01], [silence("1", DB01)], ["1"], []),
        ([LAG], [silence("1", LAG, isEqual=True)], ["1"], []),
        ([DB01, LAG], [silence("1", LAG)], [None, "1"], []),
        ([DB01, DB01], [], [None], []),
        ([LAG], [silence("1", DB01)], [None], ["1"]),
        ([], [silence("1", DB01), silence("2", LAG, state="pending")], [], ["1", "2"]),
        # One of two that say the same is enough.
        ([DB01], [silence("1", DB01), silence("2", DB01)], ["2"], ["1"]),
        ([], [silence("1", DB01), silence("2", DB01)], [], ["1", "2"]),
        # Somebody else's, one that has ended, and one that says the contrary.
        ([DB01], [silence("1", DB01, author="ana")], [None], []),
        ([], [silence("1", DB01, author="ana")], [], []),
        ([], [silence("1", DB01, state="expired")], [], []),
        ([DB01], [silence("1", DB01, state="expired")], [None], []),
        ([DB01], [silence("1", DB01, isEqual=False)], [None], ["1"]),
    ],
)
def test_what_is_asked_of_the_api(wanted, present, renewed, deleted):
    made = make(wanted, present)
    assert [body.get("id") for body in made["post"]] == renewed
    assert made["delete"] == deleted
