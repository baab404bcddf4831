# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who becomes the primary after the primary is gone, what that risks, what is refused, and what a refusal says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.helpers.promotion import (
    ANY,
    CRASHED,
    MEMBERS,
    NAMES,
    PRIMARY,
    STANDBY,
    answer,
    cluster,
    synchronous,
)

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.failover_plan import (
    failover_plan,
    position,
)

FROM_MAIN = 'ANY 1 ("pg-replica1", "pg-replica2")'


def plan(answers, dead="", accept=False, settings=None):
    settings = dict.fromkeys(NAMES, ANY.format(1)) if settings is None else settings
    return failover_plan(MEMBERS, answers, {"dead": dead, "accept_data_loss": accept, "synchronous": settings})


def test_a_crashed_primary_is_fenced_and_nothing_is_at_risk():
    found = plan(cluster(CRASHED))
    assert found["errors"] == []
    assert found["old"] == ["pg-main"]
    assert found["candidates"] == ["pg-replica1", "pg-replica2"]
    assert found["risk"] == ["0 bytes: every acknowledged commit is on a standby that was asked"]


@pytest.mark.parametrize(("needed", "refused"), [(1, 0), (0, 1)])
def test_one_that_lives_can_be_taken_for_dead_to_see_what_that_would_risk(needed, refused):
    """As playbooks/validate.yml does before it kills the primary."""
    lives = answer("running", "primary", needed=needed)
    standby = answer("running", "standby", needed=needed)
    settings = dict.fromkeys(NAMES, ANY.format(needed) if needed else "")
    found = plan(cluster({**lives, "state": "stopped"}, standby, standby), settings=settings)
    assert (found["old"], found["candidates"][0], len(found["errors"])) == (["pg-main"], "pg-replica1", refused)


@pytest.mark.parametrize("main", [answer("no_data"), answer("incomplete"), answer("unresponsive")])
def test_one_whose_data_is_gone_or_that_hangs_too(main):
    found = plan(cluster(main))
    assert (found["errors"], found["old"]) == ([], ["pg-main"])
    assert "the settings of pg-main cannot be read" in found["risk"][1]


def test_every_member_is_described():
    found = plan(cluster(None, second=answer("running", "standby", receive="0/4FFFF00")), dead="pg-main")
    assert found["members"] == [
        "pg-main: on a machine that cannot be reached; the old primary",
        "pg-replica1: running standby, timeline 1, received 0/5000000, replayed 0/5000000; told to follow pg-main; "
        "chosen: nobody has more WAL",
        "pg-replica2: running standby, timeline 1, received 0/4FFFF00, replayed 0/5000000; told to follow pg-main; "
        "not chosen: as much as pg-replica1, listed after it",
    ]


class TestWhoWasThePrimary:
    def test_one_that_takes_writes_is_not_failed_over(self):
        assert "use the switchover playbook" in plan(cluster(PRIMARY))["errors"][0]

    def test_one_that_was_never_promoted_is_no_interrupted_failover(self):
        found = plan(cluster(PRIMARY, second=answer("no_data")))
        assert found["primary"] is None
        assert "use the switchover playbook" in found["errors"][0]

    def test_two_that_take_writes_are_left_to_the_operator(self):
        assert "2 members take writes" in plan(cluster(PRIMARY, PRIMARY))["errors"][0]

    def test_one_that_lives_gets_back_what_an_interrupted_failover_detached(self):
        found = plan(cluster(PRIMARY, answer("running", "standby", upstream=None, detached_from="pg-main")))
        assert found["attach"] == ["pg-replica1"]
        assert (
            "pg-main takes writes" in found["errors"][0] and "attached to it again: pg-replica1" in found["errors"][0]
        )

    def test_a_machine_that_is_gone_has_to_be_declared_dead(self):
        assert "-e failover_dead=<its name> (one of pg-main)" in plan(cluster(None))["errors"][0]
        found = plan(cluster(None), dead="pg-main")
        assert (found["errors"], found["old"]) == ([], ["pg-main"])

    def test_a_standby_that_lost_its_data_is_not_taken_for_it(self):
        errors = plan(cluster(None, second=answer("no_data")))["errors"]
        assert "pg-main was the primary, and its machine cannot be reached" in errors[0]
        found = plan(cluster(None, second=answer("no_data")), dead="pg-main")
        assert "pg-replica2 cannot be asked" in found["errors"][0], "it may have been the one that confirmed"
        assert found["old"] == ["pg-main"]

    @pytest.mark.parametrize("second", [None, answer("stopped", "standby")])
    @pytest.mark.parametrize("main", [None, CRASHED])
    def test_only_the_one_that_was_followed_may_be_declared_dead(self, main, second):
        errors = plan(cluster(main, second=second), dead="pg-replica2")["errors"]
        assert "failover_dead is pg-replica2, but the standbys followed pg-main: expected that name" in errors[0]

    def test_a_running_standby_is_not_dead(self):
        errors = plan(cluster(None), dead="pg-replica1")["errors"]
        assert "failover_dead is pg-replica1, which is running standby" in errors[0]

    def test_without_an_upstream_only_a_stopped_primary_or_a_word_tells(self):
        lonely = answer("running", "standby", upstream=None)
        assert plan(cluster(CRASHED, lonely, lonely))["old"] == ["pg-main"]
        assert "nobody can tell" in plan(cluster(answer("no_data"), lonely, lonely))["errors"][0]
        assert plan(cluster(None, lonely, lonely), dead="pg-main")["errors"] == []

    def test_who_is_detached_still_tells(self):
        detached = answer("running", "standby", upstream=None, detached_from="pg-main")
        assert plan(cluster(answer("no_data"), detached, detached))["old"] == ["pg-main"]

    def test_a_name_that_is_none(self):
        assert "failover_dead is 'pg-x'" in plan(cluster(None), dead="pg-x")["errors"][0]

    def test_an_interrupted_one_is_finished(self):
        promoted = answer("running", "primary", timeline=2)
        found = plan(cluster(CRASHED, promoted))
        assert (found["errors"], found["primary"]) == ([], "pg-replica1")

    def test_a_primary_beside_somebody_newer_is_left_to_the_operator(self):
        newer = answer("running", "standby", timeline=3)
        found = plan(cluster(answer("running", "primary", timeline=2), newer))
        assert found["primary"] is None
        assert "a newer primary existed" in found["errors"][0]

    def test_members_of_different_clusters_are_refused(self):
        stranger = answer("running", "standby", system_identifier="8")
        assert "different clusters" in plan(cluster(CRASHED, stranger))["errors"][0]


class TestWhoIsPromoted:
    @pytest.mark.parametrize(
        ("first", "second", "best"),
        [
            ({"receive": "0/9"}, {"receive": "0/10"}, "pg-replica2"),
            ({"receive": None, "replay": "0/F"}, {"receive": "0/A", "replay": "0/A"}, "pg-replica1"),
            ({"receive": "F/FFFFFFFF"}, {"receive": "10/0"}, "pg-replica2"),
            ({"receive": "0/F"}, {"receive": "0/1", "timeline": 2}, "pg-replica2"),
            # The rest of what the first one received is half a record.
            ({"receive": "0/F", "replay": "0/8", "replay_at_end": True}, {"receive": "0/9"}, "pg-replica2"),
        ],
    )
    def test_the_newest_timeline_and_then_the_most_wal_wins(self, first, second, best):
        values = [{"replay": "0/1", **each} for each in (first, second)]
        found = plan(cluster(CRASHED, *(answer("running", "standby", **each) for each in values)))
        assert found["candidates"][0] == best

    def test_every_order_of_members_gives_the_same_winner(self):
        values = [answer("running", "standby", f"0/{lsn}", "0/1") for lsn in ("2", "3")]
        for order in itertools.permutations(values):
            answers = cluster(CRASHED, *order)
            assert answers[plan(answers)["candidates"][0]]["receive_lsn"] == "0/3"

    def test_without_a_running_standby_there_is_nobody(self):
        assert "no standby is running" in plan(cluster(CRASHED, None, None))["errors"][0]

    def test_one_that_has_no_room_for_the_others_slots(self):
        full = answer("running", "standby", slots=[{"name": f"old{number}"} for number in range(9)])
        errors = plan(cluster(CRASHED, full, full))["errors"]
        assert (
            "pg-replica1 has 9 replication slots of at most 10 (max_replication_slots), and needs 2 more" in errors[0]
        )
        roomy = answer(
            "running", "standby", slots=[{"name": "pg_main"}, *({"name": f"old{number}"} for number in range(8))]
        )
        assert plan(cluster(CRASHED, roomy, full))["errors"] == []


class TestRisk:
    def test_quorum_needs_every_standby_and_all_needs_one(self):
        errors = plan(cluster(CRASHED, second=None))["errors"]
        assert "pg-replica2 cannot be asked" in errors[0]
        assert "failover_accept_data_loss=true" in errors[0]
        assert plan(cluster(CRASHED, second=None), accept=True)["errors"] == []
        both = answer("running", "standby", needed=2)
        crashed = {**CRASHED, "synchronous_settings": synchronous(2)}
        assert plan(cluster(crashed, first=both, second=None))["errors"] == []

    def test_async_states_the_loss_and_needs_it_accepted(self):
        standby = answer("running", "standby", needed=0)
        refused = plan(cluster(CRASHED, standby, standby))
        assert "mode async" in refused["errors"][0]
        accepted = plan(cluster(CRASHED, standby, standby), accept=True)
        assert accepted["errors"] == []
        assert "are lost" in accepted["risk"][0]

    def test_the_weakest_setting_of_all_that_can_be_read_counts(self):
        """ALTER SYSTEM on the primary alone: its standbys still say ANY 1."""
        weak = {**CRASHED, "synchronous_settings": [*synchronous(1), *synchronous(0, source="postgresql.auto.conf")]}
        assert "mode async" in plan(cluster(weak))["errors"][0]

    def test_roles_whose_commits_wait_for_nobody_are_named(self):
        weak = {
            **STANDBY,
            "synchronous_settings": [
                *synchronous(1),
                {"name": "synchronous_commit", "value": "off", "source": "role app"},
            ],
        }
        errors = plan(cluster(CRASHED, weak))["errors"]
        assert "role app" in errors[0] and "failover_accept_data_loss=true" in errors[0]

    def test_one_left_on_an_older_timeline_confirmed_nothing_that_counts(self):
        newest = answer("running", "standby", timeline=2)
        errors = plan(cluster(None, newest), dead="pg-main")["errors"]
        assert "pg-replica2 cannot be asked" in errors[0]

    def test_who_is_not_in_the_old_primarys_list_confirmed_nothing(self):
        """The list of a primary that cannot be read is what the inventory says, where the candidates have what it says of them."""
        lists = {"pg-main": 'ANY 1 ("pg-replica1")', "pg-replica1": ANY.format(1), "pg-replica2": ANY.format(1)}
        assert plan(cluster(None, second=None), dead="pg-main", settings=lists)["errors"] == []
        other = {**lists, "pg-replica1": FROM_MAIN}
        assert "cannot be asked" in plan(cluster(None, second=None), dead="pg-main", settings=other)["errors"][0]


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
    decided = plan(answers, dead)
    if decided["errors"] or decided["primary"]:
        return
    candidates = decided["candidates"]
    assert not any(each["state"] == "running" and each["role"] == "primary" for each in answers.values())
    settings = [answers[name]["settings"]["synchronous_standby_names"] for name in candidates]
    needed = min(0 if not each else int(each.split()[1]) for each in settings)
    unknown = [name for name in NAMES if name not in candidates and name not in decided["old"]]
    assert len(unknown) < needed
    best = position(answers[candidates[0]])
    assert all(position(answers[name]) <= best for name in candidates)
