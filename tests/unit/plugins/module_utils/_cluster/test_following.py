# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member follows when it was told to, streams, is on the primary's timeline and has nothing past the fork."""

from __future__ import annotations

import pytest
from support.helpers.promotion import MEMBERS, answer

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.following import (
    end_of_wal,
    following,
    past_the_fork,
    told_to_follow,
)

FORK = [{"timeline": 1, "lsn": "0/5000000"}]
PRIMARY = answer("running", "primary", timeline=2, history=FORK)
FOLLOWER = answer("running", "standby", timeline=2)


def connected(state):
    return {**PRIMARY, "synchronous": [{"application_name": "pg-replica1", "state": state, "sync_state": "quorum"}]}


@pytest.mark.parametrize(
    ("primary", "standby", "verdict", "said"),
    [
        (PRIMARY, FOLLOWER, "follows", "streaming on timeline 2"),
        (connected("startup"), FOLLOWER, "not streaming", "its connection is in state startup"),
        (connected("catchup"), FOLLOWER, "not streaming", "catchup"),
        ({**PRIMARY, "synchronous": []}, FOLLOWER, "not streaming", "it is not connected"),
        (PRIMARY, {**FOLLOWER, "upstream": None, "detached_from": "pg-main"}, "detached", "detached it from pg-main"),
        (PRIMARY, {**FOLLOWER, "upstream": {"host": "db03", "port": 5432}}, "elsewhere", "told to follow pg-replica2"),
        (PRIMARY, {**FOLLOWER, "upstream": {"host": "db99", "port": 5432}}, "elsewhere", "told to follow no member"),
        (PRIMARY, {**FOLLOWER, "timeline": 1}, "not streaming", "it is on timeline 1, the primary on 2"),
        (
            PRIMARY,
            {**FOLLOWER, "timeline": 1, "replay_lsn": "0/5000001"},
            "diverged",
            "it has 1 bytes of timeline 1 past 0/5000000",
        ),
        (
            PRIMARY,
            {**FOLLOWER, "timeline": 3},
            "diverged",
            "its timeline 3 is not in the history of the primary's timeline 2",
        ),
        (PRIMARY, answer("stopped", "standby", timeline=2), "not running", "it is stopped (standby)"),
        (PRIMARY, answer("stopped", "primary", timeline=1, lsn="0/4000000"), "not running", "it is stopped (primary)"),
        (
            PRIMARY,
            answer("stopped", "primary", timeline=1, lsn="0/5000001"),
            "diverged",
            "it has 1 bytes of timeline 1",
        ),
        (PRIMARY, answer("unresponsive", detail="hangs"), "unknown", "hangs"),
        (PRIMARY, None, "unknown", "its machine cannot be reached"),
    ],
)
def test_every_verdict(primary, standby, verdict, said):
    found = following(MEMBERS, {"pg-main": primary, "pg-replica1": standby}, "pg-main")["pg-replica1"]
    assert (found["verdict"], found["follows"]) == (verdict, verdict == "follows")
    assert said in found["reason"]


def test_half_a_record_past_the_fork_is_nothing():
    """What was received may end within a record: it counts only until all that is complete was replayed."""
    received = {"timeline": 1, "receive_lsn": "0/5000040", "replay_lsn": "0/5000000"}
    assert past_the_fork(PRIMARY, {**FOLLOWER, **received, "replay_at_end": True}) is None
    assert "64 bytes" in past_the_fork(PRIMARY, {**FOLLOWER, **received, "replay_at_end": False})


def test_a_history_that_cannot_be_read_proves_nothing():
    assert past_the_fork({**PRIMARY, "history": None}, {**FOLLOWER, "timeline": 1}) is None


@pytest.mark.parametrize(
    ("received", "replayed", "at_end", "end"),
    [
        ("0/9", "0/10", False, "0/10"),
        ("0/10", "0/9", False, "0/10"),
        ("0/10", "0/9", True, "0/9"),
        (None, "0/9", False, "0/9"),
        ("0/9", None, False, "0/9"),
        (None, None, None, None),
    ],
)
def test_the_end_of_the_wal(received, replayed, at_end, end):
    assert end_of_wal(answer("running", "standby", received, replayed, replay_at_end=at_end)) == end


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"upstream": {"host": "198.18.0.1", "port": 5432}}, "pg-main"),
        ({"upstream": {"host": "db01", "port": 5433}}, None),
        ({"upstream": None}, None),
        ({"upstream": None, "detached_from": "pg-replica2"}, "pg-replica2"),
    ],
)
def test_whom_it_is_told_to_follow(told, name):
    assert told_to_follow(MEMBERS, {**FOLLOWER, **told}) == name
