# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may become primary, what is refused, and what a refusal says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._promotion import plan

NAMES = ("pg-main", "pg-replica1", "pg-replica2")
MEMBERS = [
    {
        "name": name,
        "machine": f"db0{number}",
        "address": f"198.18.0.{number}",
        "port": 5432,
        "version": 15,
        "cluster": name.replace("-", "_"),
        "data_directory": f"/var/lib/postgresql/15/{name}",
        "initial_role": "primary" if name == "pg-main" else "standby",
    }
    for number, name in enumerate(NAMES, 1)
]
ANY = 'ANY {} ("pg-main", "pg-replica1", "pg-replica2")'
POLICY = {"max_lag_bytes": 1000, "break_sessions": False}


def answer(state, role=None, receive="0/5000000", replay="0/5000000", needed=1, **more):
    has_data = state in ("running", "stopped")
    standby = role == "standby"
    result = {
        "state": state,
        "role": role,
        "data_present": has_data,
        "marker": "7",
        "version": 15 if has_data else None,
        "system_identifier": "7" if has_data else None,
        "timeline": 1 if has_data else None,
        "lsn": None if standby else "0/5000000",
        "receive_lsn": receive if standby else None,
        "replay_lsn": replay if standby else None,
        "upstream": {"host": "db01", "port": 5432} if standby else None,
        "settings": {"synchronous_standby_names": ANY.format(needed) if needed else ""},
        "auto_conf": [],
        "configuration_errors": [],
        "detail": None,
    }
    result.update(more)
    return result


PRIMARY = answer("running", "primary")
STANDBY = answer("running", "standby")
CRASHED = answer("stopped", "primary", detail="was not shut down cleanly (its control file says in production)")
STOPPED = answer("stopped", "primary")


def cluster(main, first="running standby", second="running standby"):
    """The three members' answers; one that is None cannot be reached."""
    replicas = (STANDBY if each == "running standby" else each for each in (first, second))
    return {name: found for name, found in zip(NAMES, (main, *replicas)) if found}


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


class TestFailover:
    def plan(self, answers, dead="", accept=False):
        return plan.failover_plan(MEMBERS, answers, dead, accept)

    def test_a_crashed_primary_is_fenced_and_nothing_is_at_risk(self):
        found = self.plan(cluster(CRASHED))
        assert found["errors"] == []
        assert found["old"] == ["pg-main"]
        assert found["best"] == "pg-replica1"
        assert "0 bytes" in found["risk"]

    @pytest.mark.parametrize("main", [answer("no_data"), answer("incomplete"), answer("unresponsive")])
    def test_one_whose_data_is_gone_or_that_hangs_too(self, main):
        found = self.plan(cluster(main))
        assert (found["errors"], found["old"]) == ([], ["pg-main"])

    def test_a_primary_that_takes_writes_is_not_failed_over(self):
        assert "use the switchover playbook" in self.plan(cluster(PRIMARY))["errors"][0]

    def test_a_primary_that_was_never_promoted_is_no_interrupted_failover(self):
        found = self.plan(cluster(PRIMARY, second=answer("no_data")))
        assert found["primary"] is None
        assert "use the switchover playbook" in found["errors"][0]

    def test_two_that_take_writes_are_left_to_the_operator(self):
        assert "2 members take writes" in self.plan(cluster(PRIMARY, PRIMARY))["errors"][0]

    def test_a_machine_that_is_gone_has_to_be_declared_dead(self):
        assert "-e failover_dead=<its name> (one of pg-main)" in self.plan(cluster(None))["errors"][0]
        found = self.plan(cluster(None), dead="pg-main")
        assert (found["errors"], found["old"]) == ([], ["pg-main"])

    def test_a_standby_that_lost_its_data_is_not_taken_for_the_primary(self):
        errors = self.plan(cluster(None, second=answer("no_data")))["errors"]
        assert "pg-main was the primary, and its machine cannot be reached" in errors[0]
        found = self.plan(cluster(None, second=answer("no_data")), dead="pg-main")
        assert "pg-replica2 cannot be asked" in found["errors"][0], "it may have been the one that confirmed"
        assert found["old"] == ["pg-main"]

    def test_the_wrong_one_declared_dead(self):
        errors = self.plan(cluster(None, second=None), dead="pg-replica2")["errors"]
        assert "(one of pg-main)" in errors[0]
        errors = self.plan(cluster(None), dead="pg-replica1")["errors"]
        assert "failover_dead is pg-replica1, which is running standby" in errors[0]

    def test_without_an_upstream_only_a_stopped_primary_or_a_word_tells(self):
        lonely = answer("running", "standby", upstream=None)
        assert self.plan(cluster(CRASHED, lonely, lonely))["old"] == ["pg-main"]
        assert "nobody can tell" in self.plan(cluster(answer("no_data"), lonely, lonely))["errors"][0]
        assert self.plan(cluster(None, lonely, lonely), dead="pg-main")["errors"] == []

    def test_a_name_that_is_none(self):
        assert "failover_dead is 'pg-x'" in self.plan(cluster(None), dead="pg-x")["errors"][0]

    @pytest.mark.parametrize(
        ("first", "second", "best"),
        [
            ({"receive": "0/9"}, {"receive": "0/10"}, "pg-replica2"),
            ({"receive": None, "replay": "0/F"}, {"receive": "0/A", "replay": "0/A"}, "pg-replica1"),
            ({"receive": "F/FFFFFFFF"}, {"receive": "10/0"}, "pg-replica2"),
            ({"receive": "0/F"}, {"receive": "0/1", "timeline": 2}, "pg-replica2"),
        ],
    )
    def test_the_newest_timeline_and_then_the_most_wal_wins(self, first, second, best):
        values = [{"replay": "0/1", **each} for each in (first, second)]
        found = self.plan(cluster(CRASHED, *(answer("running", "standby", **each) for each in values)))
        assert found["best"] == best

    def test_quorum_needs_every_standby_and_all_needs_one(self):
        errors = self.plan(cluster(CRASHED, second=None))["errors"]
        assert "pg-replica2 cannot be asked" in errors[0]
        assert "failover_accept_data_loss=true" in errors[0]
        assert self.plan(cluster(CRASHED, second=None), accept=True)["errors"] == []
        both = answer("running", "standby", needed=2)
        assert self.plan(cluster(CRASHED, first=both, second=None))["errors"] == []

    def test_async_states_the_loss_and_needs_it_accepted(self):
        standby = answer("running", "standby", needed=0)
        refused = self.plan(cluster(CRASHED, standby, standby))
        assert "the mode was async" in refused["errors"][0]
        accepted = self.plan(cluster(CRASHED, standby, standby), accept=True)
        assert accepted["errors"] == []
        assert "are lost" in accepted["risk"]

    def test_without_a_running_standby_there_is_nobody(self):
        assert "no standby is running" in self.plan(cluster(CRASHED, None, None))["errors"][0]

    def test_an_interrupted_one_is_finished(self):
        promoted = answer("running", "primary", timeline=2)
        found = self.plan(cluster(CRASHED, promoted))
        assert (found["errors"], found["primary"]) == ([], "pg-replica1")

    def test_a_primary_beside_somebody_newer_is_left_to_the_operator(self):
        newer = answer("running", "standby", timeline=3)
        found = self.plan(cluster(answer("running", "primary", timeline=2), newer))
        assert found["primary"] is None
        assert "a newer primary existed" in found["errors"][0]

    def test_members_of_different_clusters_are_refused(self):
        stranger = answer("running", "standby", system_identifier="8")
        assert "different clusters" in self.plan(cluster(CRASHED, stranger))["errors"][0]


STATES = st.sampled_from(["running", "stopped", "no_data", "unresponsive", "unreachable"])
ROLES = st.sampled_from(["primary", "standby"])
MEMBER = st.builds(
    lambda state, role, timeline, lsn, needed: (
        None
        if state == "unreachable"
        else answer(state, role if state in ("running", "stopped") else None, f"0/{lsn:X}", f"0/{lsn:X}", needed)
        | ({"timeline": timeline} if state in ("running", "stopped") else {})
    ),
    STATES,
    ROLES,
    st.integers(1, 3),
    st.integers(1, 64),
    st.integers(0, 2),
)


@given(st.tuples(MEMBER, MEMBER, MEMBER), st.sampled_from(["", *NAMES]))
def test_whatever_is_seen_no_failover_without_consent_can_lose_a_commit(found, dead):
    """If it goes ahead unasked, fewer standbys than confirm a commit are unknown, and nobody has more than the best."""
    answers = {name: each for name, each in zip(NAMES, found) if each}
    decided = plan.failover_plan(MEMBERS, answers, dead)
    if decided["errors"] or decided["primary"]:
        return
    candidates = decided["candidates"]
    assert not any(each["state"] == "running" and each["role"] == "primary" for each in answers.values())
    needed = plan.confirmations(answers[decided["best"]]["settings"]["synchronous_standby_names"])
    unknown = [name for name in NAMES if name not in candidates and name not in decided["old"]]
    assert len(unknown) < needed
    best = plan.position(answers[decided["best"]])
    assert all(plan.position(answers[name]) <= best for name in candidates)


@given(st.tuples(MEMBER, MEMBER, MEMBER))
def test_an_interrupted_switchover_is_never_seen_beside_somebody_newer(found):
    answers = {name: each for name, each in zip(NAMES, found) if each}
    name = plan.interrupted(MEMBERS, answers)
    if name:
        others = [each for other, each in answers.items() if other != name and each["state"] == "running"]
        assert others
        for each in others:
            assert each["role"] == "standby"
            assert each["timeline"] <= answers[name]["timeline"]


def test_every_order_of_members_gives_the_same_winner():
    values = [answer("running", "standby", f"0/{lsn}", "0/1") for lsn in ("2", "3")]
    for order in itertools.permutations(values):
        answers = cluster(CRASHED, *order)
        best = plan.failover_plan(MEMBERS, answers)["best"]
        assert answers[best]["receive_lsn"] == "0/3"
