# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds of chaos are what their seeds say, and their judge sees two members that acknowledge at once."""

from __future__ import annotations

import pytest
from support.chaos.commits import Commit, turns_of, two_at_once
from support.chaos.members import LONE, MEMBERS
from support.chaos.plan import KINDS, plan_of


def acknowledged(members):
    return [Commit(member, f"{number}", float(number), number + 0.5) for number, member in enumerate(members)]


@pytest.mark.parametrize(("members", "found"), [("", []), ("aaa", []), ("aabb", []), ("aabab", [3]), ("abca", [3])])
def test_who_acknowledges_after_another_one_came_after_it(members, found):
    assert [int(commit.name) for commit in two_at_once(acknowledged(members))] == found


def test_the_turns_are_told_with_their_times():
    assert turns_of(acknowledged("aab")) == [("a", 0.5, 1.5), ("b", 2.5, 2.5)]


def test_a_part_has_every_fault_and_the_cut_that_loses_most_without_detaching():
    plans = [plan_of(seed) for seed in range(1, 26)]
    assert plans == [plan_of(seed) for seed in range(1, 26)]
    assert {plan.kind for plan in plans} == {*KINDS}
    assert all(plan.primary in MEMBERS and plan.away != plan.primary for plan in plans)
    assert any(plan.kind == "ssh cut" and plan.primary == LONE and plan.load and plan.trusts for plan in plans)
