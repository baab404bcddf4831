# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a failover's steps, and what it leaves when one of them fails."""

from __future__ import annotations

import pytest
from support.helpers.promotion import CRASHED, NAMES, PRIMARY, STANDBY, World, answer, cluster

POOLERS = [{"machine": "db03", "port": 6432, "directory": "/etc/pgbouncer", "stamp": "/run/pgbouncer/loaded"}]
ATTACHED_AGAIN = ["letting pg-replica1 follow", "letting pg-replica2 follow"]


def test_the_order():
    world = World(cluster(CRASHED))
    result = world.change("failover", poolers=POOLERS)
    assert not result.get("failed"), result
    assert result["primary"] == "pg-replica1"
    assert world.asked == [
        "asking what it is (pg-replica1)",
        "asking what it is (pg-replica2)",
        "detaching pg-replica1",
        "detaching pg-replica2",
        "finding the end of its WAL (pg-replica1)",
        "finding the end of its WAL (pg-replica2)",
        "ending pg-main",
        "creating replication slots (pg-replica1)",
        "promotion (pg-replica1)",
        "asking what it is (pg-replica1)",
        "replaying what it holds (pg-replica2)",
        "letting pg-replica2 follow",
        "asking PgBouncer",
        "resuming PgBouncer",
        "a first write (pg-replica1)",
        "asking PgBouncer",
    ]
    assert world.targets == {"db03": "198.18.0.2"}
    assert result["plan"][0] == "pg-replica1 becomes the primary"


def test_check_mode_changes_nothing_and_says_from_when_its_figures_are():
    world = World(cluster(CRASHED))
    result = world.change("failover", check=True)
    assert world.asked == []
    assert result["changed"]
    assert (
        "first detached, and asked again: pg-replica1, pg-replica2; these figures are from before that"
        in result["plan"]
    )


def test_who_has_the_most_after_detaching_is_promoted():
    """Until it was detached, the one that discovery put second streamed on."""
    world = World(cluster(CRASHED))
    world.later["pg-replica2"] = {"receive_lsn": "0/6000000"}
    assert world.change("failover")["primary"] == "pg-replica2"


@pytest.mark.parametrize("step", ["detaching pg-replica2", "finding the end of its WAL (pg-replica2)"])
def test_one_that_cannot_be_detached_or_asked_counts_as_one_that_may_have_confirmed(step):
    world = World(cluster(CRASHED))
    world.fails = (step,)
    result = world.change("failover")
    assert result["failed"]
    assert "Nobody was promoted" in result["msg"] and "pg-replica2 cannot be asked" in result["msg"]
    assert world.did("promotion", "ending") == []
    assert world.did("letting") == ATTACHED_AGAIN
    accepted = World(cluster(CRASHED))
    accepted.fails = (step,)
    assert accepted.change("failover", accept_data_loss=True)["primary"] == "pg-replica1"


@pytest.mark.parametrize("step", ["ending pg-main", "creating replication slots"])
def test_a_step_before_the_promotion_that_fails_attaches_every_standby_again(step):
    world = World(cluster(CRASHED))
    world.fails = (step,)
    result = world.change("failover")
    assert "Nobody was promoted" in result["msg"] and step.split(" (")[0] in result["msg"]
    assert world.did("promotion") == []
    assert world.did("letting") == ATTACHED_AGAIN


def test_one_that_cannot_be_attached_again_is_named():
    world = World(cluster(CRASHED))
    world.fails = ("ending pg-main", "letting pg-replica2")
    said = world.change("failover")["msg"]
    assert "pg-replica2 stays detached until a converge or the rejoin playbook attaches it" in said
    assert world.did("letting") == ATTACHED_AGAIN


def test_a_machine_that_was_lost_since_discovery_is_one_that_cannot_be_reached():
    world = World(cluster(CRASHED))
    del world.machines["db01"]
    result = world.change("failover")
    assert result["failed"] and "failover_dead" in result["msg"]
    assert world.asked == []
    world = World(cluster(CRASHED))
    del world.machines["db03"]
    result = world.change("failover")
    assert result["failed"] and "pg-replica2 cannot be asked" in result["msg"]
    assert world.asked == []


def test_a_member_that_is_powered_off_is_not_fenced():
    world = World(cluster(answer("unresponsive")))
    result = world.change("failover", powered_off="pg-main")
    assert result["primary"] == "pg-replica1"
    assert world.did("ending") == []
    world = World(cluster(answer("unresponsive")))
    world.change("failover", dead="pg-main")
    assert world.did("ending") == ["ending pg-main"], "dead alone does not spare it"


def test_two_names_for_the_one_that_is_gone():
    result = World(cluster(None)).change("failover", dead="pg-main", powered_off="pg-replica1")
    assert "expected the same member" in result["msg"]


def test_a_standby_past_the_fork_is_not_attached():
    """It was away while the new primary was promoted, and came back with more than that one had."""
    ahead = {**STANDBY, "replay_lsn": "0/5000100", "replay_at_end": True}
    world = World(cluster(None, answer("running", "primary", timeline=2), ahead))
    result = world.change("failover")
    assert result["primary"] == "pg-replica1"
    assert world.did("letting") == []
    assert any(
        "pg-replica2 is diverged: it has 256 bytes of timeline 1 past 0/5000000" in note for note in result["notes"]
    )


def test_a_standby_whose_replay_is_held_back_is_taken_as_it_is():
    """Where it received what the new primary does not have, nobody knows whether that is complete."""
    held_back = {**STANDBY, "receive_lsn": "0/5000100", "replay_lsn": "0/4000000", "replay_at_end": False}
    world = World(cluster(None, answer("running", "primary", timeline=2), held_back))
    world.fails = ("replaying what it holds",)
    result = world.change("failover")
    assert world.did("letting") == []
    assert any("pg-replica2 is diverged" in note for note in result["notes"])


def test_a_primary_that_lives_gets_its_standbys_back():
    detached = {**STANDBY, "upstream": None, "detached_from": "pg-main"}
    world = World(cluster(PRIMARY, detached, detached))
    result = world.change("failover")
    assert result["failed"] and "pg-main takes writes" in result["msg"]
    assert world.asked == ATTACHED_AGAIN


def test_a_second_run_finishes_what_was_left_after_the_promotion():
    world = World(cluster(CRASHED, answer("running", "primary", timeline=2)))
    result = world.change("failover", poolers=POOLERS)
    assert result["primary"] == "pg-replica1"
    assert world.did("detaching", "promotion") == []
    assert world.did("letting") == ["letting pg-replica2 follow"]
    assert world.targets == {"db03": "198.18.0.2"}


def test_poolers_are_led_although_a_standby_cannot_be_attached():
    world = World(cluster(CRASHED))
    world.fails = ("letting pg-replica2",)
    result = world.change("failover", poolers=POOLERS)
    assert world.targets == {"db03": "198.18.0.2"}
    assert any("The rejoin playbook brings pg-replica2 back" in note for note in result["notes"])


def test_every_member_of_the_module_is_one_of_the_fake_machines():
    assert set(NAMES) == set(cluster(PRIMARY))


def test_one_that_another_run_has_promoted_meanwhile_ends_it_before_anything_changes():
    world = World(cluster(CRASHED))
    world.later["pg-replica2"] = {"role": "primary"}
    said = world.change("failover")
    assert said["failed"] and "pg-replica2 was promoted since the members were asked" in said["msg"]
    assert world.did("detaching", "ending", "promotion") == []
