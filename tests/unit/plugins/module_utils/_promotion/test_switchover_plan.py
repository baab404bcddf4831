# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a planned change of primary may begin, and what a refusal says."""

from __future__ import annotations

import itertools

import pytest
from support.helpers.promotion import ANY, CRASHED, MEMBERS, PRIMARY, STOPPED, answer, cluster

from ansible_collections.plannerate.infra.plugins.module_utils._promotion import switchover_plan as plan

POLICY = {"max_lag_bytes": 1000, "break_sessions": False}


class TestSwitchover:
    def test_a_running_standby_may(self):
        assert plan.switchover_errors(MEMBERS, cluster(PRIMARY), "pg-replica1") == []

    def test_the_primary_itself_is_no_error(self):
        assert plan.switchover_errors(MEMBERS, cluster(PRIMARY), "pg-main") == []

    @pytest.mark.parametrize(
        ("answers", "target", "said"),
        [
            (cluster(PRIMARY), "pg-x", "the target is 'pg-x', expected one of the members: pg-main, pg-replica1"),
            (cluster(PRIMARY), "", "the target is ''"),
            (cluster(PRIMARY, answer("stopped", "standby")), "pg-replica1", "is stopped standby, timeline 1"),
            (cluster(PRIMARY, None), "pg-replica1", "on a machine that cannot be reached, expected a running standby"),
            (cluster(PRIMARY, PRIMARY), "pg-replica2", "2 members take writes"),
            (cluster(CRASHED), "pg-replica1", "no member takes writes"),
        ],
    )
    def test_what_is_refused(self, answers, target, said):
        errors = plan.switchover_errors(MEMBERS, answers, target)
        assert len(errors) == 1
        assert said in errors[0]

    def test_an_interrupted_one_goes_on(self):
        assert plan.interrupted(MEMBERS, cluster(STOPPED)) == "pg-main"
        assert plan.switchover_errors(MEMBERS, cluster(STOPPED), "pg-replica1") == []

    @pytest.mark.parametrize(
        "answers",
        [
            cluster(PRIMARY),
            cluster(CRASHED),
            cluster(STOPPED, answer("running", "standby", timeline=2)),
            cluster(STOPPED, PRIMARY),
            cluster(STOPPED, None),
            cluster(STOPPED, STOPPED),
            cluster(STOPPED, answer("stopped", "standby"), answer("stopped", "standby")),
        ],
    )
    def test_what_is_no_interrupted_switchover(self, answers):
        assert plan.interrupted(MEMBERS, answers) is None


def survey(**row):
    found = {"state": "streaming", "sync_state": "quorum", "replay_bytes": 0, **row}
    return {
        "standbys": {"pg-replica1": found},
        "synchronous_standby_names": ANY.format(1),
        "clients": [],
        "slots": [],
    }


class TestSurvey:
    def errors(self, found, paused=False, pools=(), **policy):
        return plan.survey_errors(
            "pg-main", "pg-replica1", found, {"replay_paused": paused}, pools, {**POLICY, **policy}
        )

    def test_a_good_target_has_none(self):
        assert self.errors(survey()) == []
        assert self.errors(survey(sync_state="sync", replay_bytes=1000)) == []

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ({"state": "catchup"}, "is in state catchup, expected streaming"),
            ({"sync_state": "async"}, "is async, expected a synchronous standby"),
            ({"sync_state": "potential"}, "is potential, expected a synchronous standby"),
            ({"replay_bytes": 1001}, "1001 bytes behind pg-main, expected at most 1000"),
            ({"replay_bytes": None}, "None bytes behind"),
        ],
    )
    def test_a_bad_target_is_refused(self, row, said):
        errors = self.errors(survey(**row))
        assert len(errors) == 1
        assert said in errors[0]

    def test_async_mode_needs_no_synchronous_target(self):
        assert self.errors({**survey(sync_state="async"), "synchronous_standby_names": ""}) == []

    def test_one_that_is_not_there(self):
        assert "not connected" in self.errors({**survey(), "standbys": {}})[0]

    def test_paused_replay(self):
        assert "replay is paused" in self.errors(survey(), paused=True)[0]

    def test_session_pools_with_clients_need_to_be_said(self):
        pools = [{"name": "old", "mode": "session", "clients": 3}, {"name": "new", "mode": "transaction", "clients": 9}]
        assert "old (3 clients)" in self.errors(survey(), pools=pools)[0]
        assert self.errors(survey(), pools=pools, break_sessions=True) == []
        assert self.errors(survey(), pools=[{"name": "old", "mode": "session", "clients": 0}]) == []


def test_direct_connections_and_logical_slots_are_named():
    client = {"user": "dump", "program": "pg_dump", "address": "10.0.0.1", "seconds": 12.5}
    found = {
        "clients": [{**client, "pid": 1}, {**client, "pid": 2}, {**client, "pid": 3, "address": None, "seconds": None}],
        "slots": [{"name": "cdc", "type": "logical"}, {"name": "pg_x", "type": "physical"}],
    }
    said = plan.affected(found, pooled={2})
    assert said == [
        "1 direct connection(s) of dump from 10.0.0.1 (pg_dump) will be closed",
        "1 direct connection(s) of dump from the machine itself (pg_dump) will be closed",
        "logical slots stay behind on the old primary: cdc",
    ]
    assert plan.longest_transaction(found) == 12.5
    assert plan.longest_transaction({"clients": []}) == 0


def test_an_interrupted_switchover_is_never_seen_beside_somebody_newer():
    """Over every three members that run or stopped, on one of three timelines, or say nothing."""
    known = [
        answer(state, role, timeline=timeline)
        for state in ("running", "stopped")
        for role in ("primary", "standby")
        for timeline in (1, 2, 3)
    ]
    seen = 0
    for found in itertools.product([*known, answer("no_data"), answer("unresponsive"), None], repeat=3):
        answers = cluster(*found)
        name = plan.interrupted(MEMBERS, answers)
        if name:
            seen += 1
            others = [each for other, each in answers.items() if other != name and each["state"] == "running"]
            assert others
            for each in others:
                assert each["role"] == "standby"
                assert each["timeline"] <= answers[name]["timeline"]
    assert seen
