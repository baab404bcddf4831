# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a restart's steps, and that the poolers are resumed whatever happens."""

from __future__ import annotations

import pytest
from support.helpers.promotion import PRIMARY, World, cluster

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
        "preparing the watchdog of the pause",
        "preparing the watchdog of the pause",
        "pausing PgBouncer",
        "pausing PgBouncer",
        "looking at the log of pg-main",
        "stopping pg-main",
        "starting pg-main",
        "resuming PgBouncer",
        "resuming PgBouncer",
    ]
    assert not any(world.armed.values()) and not any(world.paused.values())


def test_nobody_waits_for_a_standby(world):
    result = restart(world, target="pg-replica1")
    assert (result["changed"], result["seconds"], result["primary"]) == (True, None, None)
    assert world.did("pausing", "preparing", "asking PgBouncer") == []
    assert world.did("starting") == ["starting pg-replica1"]


def test_nothing_waits_for_a_restart(world):
    world.pending = {}
    result = restart(world)
    assert (result["changed"], result["plan"]) == (False, ["pg-main runs with all of its settings"])
    assert world.did("stopping", "pausing") == []


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
    assert world.did("stopping") == [] and not any(world.paused.values())


def test_a_pause_that_does_not_begin_gives_up(world):
    world.fails = ("pausing",)
    said = restart(world)["msg"]
    assert "given up: pausing PgBouncer" in said and "pg-main was not restarted" in said
    assert world.did("resuming") == ["resuming PgBouncer"] * 2 and world.did("stopping") == []


def test_a_server_that_does_not_start_twice_leaves_no_client_waiting(world):
    world.fails = ("starting",)
    result = restart(world)
    assert "does not start with its new shared_buffers" in result["msg"]
    assert "Nor does it with those of before" in result["msg"]
    assert world.did("putting back") == ["putting back the settings of pg-main"]
    assert not any(world.paused.values())


def test_a_stop_that_takes_long_is_no_wrong_setting(world):
    world.fails = ("stopping",)
    result = restart(world)
    assert result["changed"] and result["notes"] == ["stopping pg-main on db01 was not done after 10 s"]
    assert world.did("putting back") == []


def test_sessions_are_not_broken_unasked(world, monkeypatch):
    monkeypatch.setattr(
        "support.helpers.promotion.FakeMachine._databases",
        lambda machine: f"name,host,port,pool_mode,paused\nshop,{machine.world.targets[machine.name]},5432,session,0",
    )
    assert "clients of session pools would lose their sessions: shop" in restart(world)["msg"]
    assert world.did("stopping") == []


def test_a_pooler_that_cannot_be_reached_is_named(world):
    del world.machines["db03"]
    said = restart(world)["msg"]
    assert "PgBouncer on db03 cannot be reached" in said and "Nothing was restarted" in said


@pytest.mark.parametrize("target", ["", "pg-other"])
def test_a_target_that_does_not_run(world, target):
    assert "expected a running member" in restart(world, target=target)["msg"]
