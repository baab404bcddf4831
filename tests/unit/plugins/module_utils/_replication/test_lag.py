# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._replication.lag import (
    describe,
    evaluate,
    missing,
    problems,
    unsettled,
)

LSN = "1/100"


def row(name="r1", lsn=LSN, **others):
    blank = {"state": "streaming", "sync_state": "quorum", "client_addr": "198.18.0.2", "replay_seconds": None}
    positions = {f"{key}_lsn": lsn for key in ("sent", "write", "flush", "replay")}
    return {"name": name, **blank, **positions, **others}


def answer(replay=LSN, **others):
    return {"replay_lsn": replay, "replay_paused": False, "since_replayed": 12.5, **others}


def lag(rows, answers=None, earlier=None, expected=("r1",)):
    return evaluate(expected, LSN, rows, answers or {}, earlier)


def test_a_standby_that_is_gone_is_missing_and_not_0():
    found = lag([])
    assert missing(found) == ["r1"]
    assert {found["r1"][key] for key in ("state", "sent_bytes", "replay_bytes", "seconds", "seconds_from")} == {None}


@pytest.mark.parametrize(
    "limits", [{"max_bytes": 10**12}, {"max_seconds": 10**6}, {"require_sync": True}, {"target": "0/1"}]
)
def test_a_standby_that_is_gone_is_within_no_limit(limits):
    assert problems(lag([]), require_streaming=False, **limits)


def test_a_standby_that_is_gone_but_answers_shows_how_far_it_is():
    found = lag([], {"r1": answer("1/0")})["r1"]
    assert (found["state"], found["replay_bytes"], found["seconds"]) == (None, 256, 12.5)


def test_a_standby_that_has_all_is_0_behind_however_old_its_last_commit_is():
    assert lag([row()], {"r1": answer(since_replayed=99999.0)})["r1"]["seconds"] == 0.0
    assert lag([row()])["r1"]["seconds"] == 0.0


def test_a_paused_standby_shows_bytes_and_seconds():
    found = lag([row(replay_lsn="1/0", replay_seconds=0.001)], {"r1": answer("1/0", replay_paused=True)})
    assert (found["r1"]["replay_bytes"], found["r1"]["flush_bytes"], found["r1"]["seconds"]) == (256, 0, 12.5)
    assert "replay paused" in describe("r1", found["r1"])
    assert not unsettled(found)


def test_the_primarys_delay_is_believed_only_while_replay_moves():
    behind = row(replay_lsn="1/10", replay_seconds=0.5)
    first = lag([behind])
    assert (first["r1"]["seconds"], unsettled(first)) == (None, True)
    assert lag([behind], earlier=first)["r1"]["seconds"] is None
    moved = lag([{**behind, "replay_lsn": "1/20"}], earlier=first)["r1"]
    assert (moved["seconds"], moved["seconds_from"]) == (0.5, "primary")


def test_a_standby_that_never_replayed_a_commit_is_unknown_and_within_no_limit():
    found = lag([row(replay_lsn="1/0")], {"r1": answer("1/0", since_replayed=None)})
    assert found["r1"]["seconds"] is None
    assert problems(found, max_seconds=1e9)


def test_a_clock_that_runs_ahead_makes_no_negative_delay():
    assert lag([row()], {"r1": answer("1/0", since_replayed=-3.0)})["r1"]["seconds"] == 0.0


def test_a_standby_that_cannot_be_asked_is_told_as_such():
    found = lag([row(replay_lsn="1/0")], {"r1": {"error": "cannot be asked: refused"}})["r1"]
    assert (found["detail"], found["seconds"], found["replay_bytes"]) == ("cannot be asked: refused", None, 256)


def test_what_the_standby_says_later_counts_over_what_the_primary_heard():
    assert lag([row(replay_lsn="1/0")], {"r1": answer()})["r1"]["replay_bytes"] == 0


def test_of_two_connections_under_one_name_the_one_further_behind_counts():
    rows = [row(), row(replay_lsn="1/0"), row(state="backup", replay_lsn=None)]
    assert lag(rows)["r1"]["replay_bytes"] == 256


def test_a_connected_standby_that_nobody_expects_is_reported_and_required_nothing():
    found = lag([row("x", lsn="0/1", state="catchup")], expected=())
    assert (found["x"]["expected"], missing(found)) == (False, [])
    assert problems(found, max_bytes=0, max_seconds=0, require_sync=True, target=LSN) == []


def test_what_a_role_may_not_see_is_hidden_rather_than_missing():
    hidden = dict.fromkeys(row()) | {"name": "r1"}
    found = lag([hidden])
    assert (found["r1"]["state"], missing(found)) == ("hidden", [])
    assert problems(found)


@pytest.mark.parametrize(
    ("found", "limits", "told"),
    [
        (row(), {"max_bytes": 0, "max_seconds": 0, "require_sync": True, "target": LSN}, None),
        (row(state="catchup"), {}, "expected state streaming"),
        (row(replay_lsn="1/0"), {"max_bytes": 255}, "256 bytes behind"),
        (row(replay_lsn="1/0"), {"max_bytes": 256}, None),
        (row(replay_lsn="1/0"), {"target": "1/0"}, None),
        (row(replay_lsn="1/0"), {"target": LSN}, "expected 1/100 replayed"),
        (row(sync_state="async"), {"require_sync": True}, "sync_state sync, quorum or potential"),
        (row(sync_state="potential"), {"require_sync": True}, None),
    ],
)
def test_each_requirement_is_told_with_the_figures(found, limits, told):
    wrong = problems(lag([found]), **limits)
    assert (told in wrong[0]) if told else wrong == []


def test_every_standby_gets_its_sentence():
    wrong = problems(lag([row("r2", state="startup")], expected=("r1", "r2")))
    assert [sentence.split()[0] for sentence in wrong] == ["r1", "r2"]
    assert "missing" in wrong[0]
