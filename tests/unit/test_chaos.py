# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds of chaos are what their seeds say, and their judge sees two members that acknowledge at once."""

from __future__ import annotations

import json

import pytest
from support.chaos.commits import Commit, turns_of, two_at_once
from support.chaos.members import LONE, MEMBERS
from support.chaos.plan import IN_BRIEF, KINDS, plan_of
from support.programs import chaos_table


def acknowledged(members):
    return [Commit(member, f"{number}", float(number), number + 0.5) for number, member in enumerate(members)]


@pytest.mark.parametrize(("members", "found"), [("", []), ("aaa", []), ("aabb", []), ("aabab", [3]), ("abca", [3])])
def test_who_acknowledges_after_another_one_came_after_it(members, found):
    assert [int(commit.name) for commit in two_at_once(acknowledged(members))] == found


def test_the_turns_are_told_with_their_times():
    assert turns_of(acknowledged("aab")) == [("a", 0.5, 1.5), ("b", 2.5, 2.5)]


def test_the_run_in_brief_is_what_it_says():
    cut, killed = map(plan_of, IN_BRIEF)
    assert (cut.kind, cut.primary, cut.trusts, cut.heals) == ("ssh cut", LONE, True, None) and cut.load
    assert (killed.kind, killed.away, killed.kill_failover, killed.kill_rejoin) == ("sigkill", None, None, None)
    assert killed.load


def test_the_table_has_the_last_round_of_each_seed_and_no_other_tests_rounds():
    one = {
        "test": "chaos", "seed": 51, "version": 17, "kind": "sigkill", "primary": "pg-main", "acknowledged": 10, "lost": 0, "double": 0,
        "word": False, "killed": ["rejoin"], "copied": [], "odd": ["refused"], "seconds": 80.0, "failed": "",
    }  # fmt: skip
    rounds = [
        {**one, "failed": "red"},
        one,
        {**one, "seed": 52, "seconds": 90.0},
        {**one, "test": "chaos-in-brief", "seed": 82},
    ]
    told = chaos_table.table(chaos_table.last_of_each(map(json.dumps, rounds)))
    assert "PostgreSQL 17, 2 seeds from 51 to 52:" in told
    assert "| all | 2 | 20 | 0 | 0 | 0 | 0 / 2 | 0 | 2 | 85 / 90 |" in told
    assert "Failed: none." in told


def test_the_first_part_has_every_fault_and_the_cut_that_loses_most_without_detaching():
    plans = [plan_of(seed) for seed in range(1, 26)]
    assert plans == [plan_of(seed) for seed in range(1, 26)]
    assert {plan.kind for plan in plans} == {*KINDS}
    assert all(plan.primary in MEMBERS and plan.away != plan.primary for plan in plans)
    assert any(plan.kind == "ssh cut" and plan.primary == LONE and plan.load and plan.trusts for plan in plans)
