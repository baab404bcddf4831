# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a restart's steps, and that the poolers are resumed whatever happens."""

from __future__ import annotations

import pytest
from support.helpers.promotion import PRIMARY, World, cluster

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.server import MemberServer

POOLERS = [
    {"machine": machine, "port": 6432, "directory": "/etc/pgbouncer", "stamp": "/run/pgbouncer/loaded"}
    for machine in ("db01", "db03")
]


@pytest.fixture
def world():
    world = World(cluster(PRIMARY))
    world.pending = {"shared_buffers": "128MB"}
    return world


def restart(world, target="pg-main", **given):
    return world.change("restart", target=target, **{"poolers": POOLERS, **given})


def test_the_order_on_a_primary(world):
    result = restart(world)
    assert not result.get("failed"), result
    assert (result["changed"], result["primary"]) == (True, "pg-main")
    assert result["plan"][:2] == ["pg-main restarts for shared_buffers (now 128MB)", "pools that wait: shop"]
    begun = world.asked.index("a checkpoint (pg-main)")
    assert [step for step in world.asked[begun:] if step != "asking PgBouncer"] == [
        "a checkpoint (pg-main)",
        "looking at the log of pg-main",
        "preparing the watchdog of the pause",
        "preparing the watchdog of the pause",
        "pausing PgBouncer",
        "pausing PgBouncer",
        "restarting pg-main",
        "resuming PgBouncer",
        "resuming PgBouncer",
    ]
    assert not any(world.armed.values()) and not any(world.paused.values())


def test_nobody_waits_for_a_standby(world):
    result = restart(world, target="pg-replica1")
    assert (result["changed"], result["seconds"], result["primary"]) == (True, None, None)
    assert world.did("pausing", "preparing", "asking PgBouncer") == []
    assert world.did("restarting") == ["restarting pg-replica1"]


def test_nothing_waits_for_a_restart(world):
    world.pending = {}
    result = restart(world)
    assert (result["changed"], result["plan"]) == (False, ["pg-main runs with all of its settings"])
    assert world.did("restarting", "pausing") == []


def test_a_pooler_that_does_not_answer_is_no_reason_to_wait(world):
    world.fails = ("asking PgBouncer",)
    result = restart(world)
    assert (result["changed"], result["plan"][1]) == (True, "pools that wait: none")
    assert len(result["notes"]) == 2 and "its clients are not paused" in result["notes"][0]
    assert world.did("pausing") == []


@pytest.mark.parametrize("step", ["preparing", "a checkpoint"])
def test_what_fails_before_the_pause_leaves_everything(world, step):
    world.fails = (step,)
    assert restart(world)["failed"]
    assert world.did("restarting") == [] and not any(world.paused.values())


def test_a_pause_that_does_not_begin_gives_up(world):
    world.fails = ("pausing",)
    said = restart(world)["msg"]
    assert "given up: pausing PgBouncer" in said and "pg-main was not restarted" in said
    assert world.did("resuming") == ["resuming PgBouncer"] * 2 and world.did("restarting") == []


@pytest.fixture
def says(monkeypatch):
    """A function that lets the logs say something of the next starts."""

    def say(words):
        monkeypatch.setattr(MemberServer, "said_since", lambda server, size: words)

    return say


def test_a_server_that_does_not_start_goes_on_with_the_values_of_before(world, says):
    world.fails = ("restarting",)
    says("FATAL: no")
    said = restart(world)["msg"]
    assert (
        "pg-main does not start with its new shared_buffers: FATAL: no. It runs again, with the values of before"
        in said
    )
    assert world.did("putting back", "starting") == ["putting back the settings of pg-main", "starting pg-main"]
    assert not any(world.paused.values())


def test_a_server_that_does_not_start_twice_leaves_no_client_waiting(world, says):
    world.fails = ("restarting", "starting")
    says("FATAL: no")
    result = restart(world)
    assert "does not start with its new shared_buffers" in result["msg"]
    assert "Nor does it with those of before" in result["msg"]
    assert not any(world.paused.values())


def test_a_restart_that_takes_long_is_no_wrong_setting(world, says):
    world.fails = ("restarting",)
    says("")
    said = restart(world)["msg"]
    assert "Its log names no reason, so it may still be starting" in said
    assert world.did("putting back") == [] and not any(world.paused.values())


def test_a_pooler_that_stays_paused_is_no_success(world):
    world.fails = ("resuming",)
    result = restart(world)
    assert result["failed"] and "resuming PgBouncer on db01" in result["msg"]
    assert world.armed == {"db01": True, "db03": True}, "its watchdog tries once more"


@pytest.mark.parametrize("fails", ["pausing", None])
def test_a_refusal_leaves_nothing_untried_for_the_next_start(world, fails):
    if fails:
        world.fails = (fails,)
    else:
        del world.machines["db03"]
    assert restart(world)["failed"] and world.did("restarting") == []
    assert world.did("putting back") == ["putting back the settings of pg-main"]
    restart(world, check=True)
    assert len(world.did("putting back")) == 1, "check mode writes nothing"


@pytest.mark.parametrize("mode", ["restart", "switchover"])
def test_what_was_set_by_hand_is_not_tried(world, mode):
    world.by_hand = ["shared_buffers"]
    target = {"restart": "pg-main", "switchover": "pg-replica1"}[mode]
    said = world.change(mode, target=target, poolers=POOLERS)["msg"]
    assert "ALTER SYSTEM RESET shared_buffers" in said and world.did("restarting", "stopping") == []


def test_sessions_are_not_broken_unasked(world, monkeypatch):
    monkeypatch.setattr(
        "support.helpers.promotion.FakeMachine._databases",
        lambda machine: f"name,host,port,pool_mode,paused\nshop,{machine.world.targets[machine.name]},5432,session,0",
    )
    assert "clients of session pools would lose their sessions: shop" in restart(world)["msg"]
    assert world.did("restarting") == []


def test_a_pooler_that_cannot_be_reached_is_named(world):
    del world.machines["db03"]
    said = restart(world)["msg"]
    assert "PgBouncer on db03 cannot be reached" in said and "Nothing was restarted" in said


@pytest.mark.parametrize("target", ["", "pg-other"])
def test_a_target_that_does_not_run(world, target):
    assert "expected a running member" in restart(world, target=target)["msg"]


@pytest.mark.parametrize("target", ["pg-main", "pg-replica1"])
def test_new_programs_are_a_reason_without_any_setting(world, target):
    world.pending = {}
    result = restart(world, target=target, because="new programs")
    assert (result["changed"], result["plan"][0]) == (True, f"{target} restarts for new programs")
    assert world.did("restarting") == [f"restarting {target}"]
    assert not any(world.paused.values())


def test_new_programs_that_do_not_start_cannot_be_put_back(world, says):
    world.pending, world.fails = {}, ("restarting",)
    says("FATAL: no")
    assert "pg-main does not start for new programs: FATAL: no" in restart(world, because="new programs")["msg"]
    assert world.did("putting back", "starting") == [] and not any(world.paused.values())
