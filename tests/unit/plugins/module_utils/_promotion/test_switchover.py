# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a switchover's steps, and that every way back resumes the poolers."""

from __future__ import annotations

import pytest
from support.helpers.promotion import PRIMARY, World, cluster

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import StepFailed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.server import MemberServer

POOLERS = [
    {"machine": machine, "port": 6432, "directory": "/etc/pgbouncer", "stamp": "/run/pgbouncer/loaded"}
    for machine in ("db01", "db03")
]


def switchover(world, **given):
    return world.change("switchover", target="pg-replica1", poolers=POOLERS, **given)


def test_the_order():
    world = World(cluster(PRIMARY))
    result = switchover(world)
    assert not result.get("failed"), result
    assert result["primary"] == "pg-replica1"
    begun = world.asked.index("pausing PgBouncer")
    assert world.asked[begun:] == [
        "pausing PgBouncer",
        "pausing PgBouncer",
        "stopping pg-main",
        "reading the control file of pg-main",
        "receiving everything up to 0/5000000 (pg-replica1)",
        "promotion (pg-replica1)",
        "letting pg-replica2 follow",
        "resuming PgBouncer",
        "resuming PgBouncer",
        "a first write (pg-replica1)",
        "making pg-main a standby",
        "starting pg-main",
        "dropping replication slots (pg-main)",
        "asking PgBouncer",
        "asking PgBouncer",
    ]
    assert world.asked.index("preparing the watchdog of the pause") < begun
    assert world.targets == {"db01": "198.18.0.2", "db03": "198.18.0.2"}
    assert world.armed == {"db01": False, "db03": False}


@pytest.mark.parametrize(
    "step", ["pausing", "stopping", "reading the control file", "receiving", "preparing", "a checkpoint"]
)
def test_every_way_back_resumes_the_poolers(step):
    world = World(cluster(PRIMARY))
    world.fails = (step,)
    result = switchover(world)
    assert (
        result["failed"] and "Everything is as it was: pg-main is the primary, PgBouncer is not paused" in result["msg"]
    )
    assert world.paused == {"db01": False, "db03": False}
    assert not any(world.armed.values())
    assert world.did("promotion") == []


def test_a_watchdog_is_disarmed_only_where_its_pooler_was_resumed():
    """PgBouncer hangs: neither PAUSE nor RESUME comes to an end in time."""
    world = World(cluster(PRIMARY))
    world.fails = ("pausing", "resuming")
    said = switchover(world)["msg"]
    assert "Putting everything back did not succeed" in said
    assert world.armed == {"db01": True, "db03": True}


def test_a_promotion_that_fails_resumes_every_pooler():
    world = World(cluster(PRIMARY))
    world.fails = ("promotion",)
    said = switchover(world)["msg"]
    assert "pg-main is stopped; run the switchover again, which finishes it" in said
    assert world.did("resuming") == ["resuming PgBouncer"] * 2
    assert not any(world.armed.values())


def test_a_target_without_room_for_the_slots_is_refused_before_anything_changes():
    full = cluster(PRIMARY)
    full["pg-replica1"] = {**full["pg-replica1"], "slots": [{"name": f"old{number}"} for number in range(9)]}
    world = World(full)
    assert "needs 2 more as the primary" in switchover(world)["msg"]
    assert world.asked == []


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ({"detached_from": "pg-main", "upstream": None}, "detached"),
        ({"upstream": {"host": "db03", "port": 5432}}, "elsewhere"),
    ],
)
def test_a_target_that_does_not_follow_is_refused(found, word):
    answers = cluster(PRIMARY)
    answers["pg-replica1"] = {**answers["pg-replica1"], **found}
    assert f"pg-replica1 is {word}" in switchover(World(answers))["msg"]


@pytest.mark.parametrize(("way", "given"), [("forward", {"max_connections": "100"}), ("back", {})])
def test_an_old_primary_that_does_not_start_with_new_settings_runs_with_those_of_before(monkeypatch, way, given):
    """As a standby, but for what its primary has more of; as the primary, where everything is put back."""
    world = World(cluster(PRIMARY))
    world.pending = {"shared_buffers": "128MB", **given}
    kept, tries = [], []

    def start(server, seconds, as_primary=False):
        tries.append(server.name)
        if len(tries) == 1:
            raise StepFailed("starting pg-main on db01 failed")

    monkeypatch.setattr(MemberServer, "start", start)
    monkeypatch.setattr(MemberServer, "said_since", lambda server, size: "FATAL: no")
    monkeypatch.setattr(MemberServer, "keep_settings", lambda server, settings: kept.append(settings))
    world.fails = ("receiving",) if way == "back" else ()
    result = switchover(world)
    assert tries == ["pg-main"] * 2 and kept == [{"shared_buffers": "128MB"}]
    if way == "back":
        assert "Everything is as it was" in result["msg"]
    else:
        assert "pg-main did not start with its new shared_buffers: FATAL: no" in " ".join(result["notes"])


def test_a_pooler_that_no_run_has_configured_yet_is_asked_nothing():
    world = World(cluster(PRIMARY))
    world.unconfigured = ("db03",)
    assert not switchover(world).get("failed")
    assert world.did("pausing") == ["pausing PgBouncer"]
    assert "db03" not in world.armed
