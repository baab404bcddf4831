# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release takes another one's place or does not, wherever it fails or is killed. What holds meanwhile: support.helpers.releases."""

from __future__ import annotations

import dataclasses

import pytest
from support.helpers.releases import FIRST, Killed, Memory, World, colour

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.ending import Options
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed, Request
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.operation import Deployment, Reverted
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import FINISHING, GOING_BACK, HANDING

OPTIONS = Options(
    who="ana@laptop:1", watch_seconds=10, drain_seconds=5, websocket_seconds=40, health_seconds=20, images=2
)


def deployment(world):
    return Deployment(world, Memory(world), OPTIONS, FIRST)


def deploy(world, release="1.1.0"):
    """As a run does it: what was left first."""
    one = deployment(world)
    one.recover()
    new = colour(world.state["number"] + 1, release)
    one.carry_out("deploy", new, f"routes of {new['name']}")
    return new


def roll_back(world):
    one = deployment(world)
    one.recover()
    kept = world.load()["kept"]
    one.carry_out("rollback", kept, f"routes of {kept['name']}")


def serves(world):
    """The colours whose containers all run, with no other container running, and which is listed."""
    running = {name for name, runs in world.running.items() if runs}
    whole = [each for each in (FIRST, *(colour(n) for n in range(1, 9))) if set(each["containers"].values()) <= running]
    assert [each["name"] for each in whole] == [world.listed], (running, world.listed)
    assert running == set(whole[0]["containers"].values())
    assert not any(world.running.get(name) for name in world.paused), "a queue takes no jobs"
    assert world.state["operation"] is None
    return world.listed


def count(run):
    """How many actions it has where nothing happens."""
    world = World()
    run(world)
    return len(world.actions)


def there_and_back(world):
    deploy(world)
    roll_back(world)


def twice(world):
    deploy(world)
    deploy(world, "1.2.0")


def test_a_release_takes_the_place_of_the_first_one_which_is_kept():
    world = World()
    deploy(world)
    assert serves(world) == "r1"
    assert world.state["current"]["release"] == "1.1.0" and world.state["kept"] == FIRST
    assert world.running["app"] is False, "it stays for the way back"
    assert world.state["schema"] == ["one", "two"] and world.state["current"]["known"] == ["one", "two"]
    (entry,) = world.entries
    assert (entry["result"], entry["who"], entry["from"], entry["migrations"]) == (
        "done",
        OPTIONS.who,
        "1.0.0",
        ["two"],
    )


def test_in_which_order():
    world = World()
    deploy(world)
    order = ["migrate", "up app-r1", "pause queue", "routes of r1", "up queue-r1", "stop queue", "interrupt scheduler",
             "stop scheduler",
             "up scheduler-r1", "save finishing", "stop app", "stop reverb"]  # fmt: skip
    assert [action for action in world.actions if action in order] == order


def closes(world, seconds=OPTIONS.websocket_seconds):
    """How long after the switch the old Reverb ended, and what was done by then."""
    closed = []
    stop = world.stop

    def note(names):
        if "reverb" in names and world.running["reverb"]:
            operation = world.state["operation"]
            closed.append((round(world.clock - operation["switched"]), operation["step"]))
        stop(names)

    world.stop = note
    one = Deployment(world, Memory(world), dataclasses.replace(OPTIONS, websocket_seconds=seconds), FIRST)
    one.carry_out("deploy", colour(1, "1.1.0"), "routes of r1")
    return closed


def test_old_websockets_stay_open_for_their_time_and_are_closed_once():
    assert closes(World()) == [(40, FINISHING)]
    assert closes(World(), seconds=300) == [(300, FINISHING)]


def test_where_no_reverb_hears_of_another_they_are_closed_with_the_switch():
    """They would stay open and miss every event of the new release."""
    assert closes(World(alone=True)) == [(0, HANDING)] == closes(World(), seconds=0)


def test_it_goes_back_to_what_was_kept_and_forward_again():
    world = World()
    there_and_back(world)
    assert serves(world) == "" and world.state["kept"]["name"] == "r1"
    roll_back(world)
    assert serves(world) == "r1" and world.state["kept"]["name"] == ""


def test_only_one_is_kept_and_no_number_comes_twice():
    world = World()
    twice(world)
    assert serves(world) == "r2" and world.state["kept"]["name"] == "r1"
    assert "app" not in world.running, "its containers are gone"
    deploy(world, "1.3.0")
    assert {name for name in world.running if name.startswith("app")} == {"app-r2", "app-r3"}
    assert world.pruned == ["shop@sha256:1.1.0"], "two images stay"


def test_what_went_back_or_was_refused_pushes_no_release_out_and_leaves_no_image():
    world = World()
    deploy(world)
    for number in range(3):
        world.entries.append({"image": f"shop@sha256:bad{number}", "result": "went back: health: no"})
    deploy(world, "1.2.0")
    assert world.pruned == ["shop@sha256:bad2", "shop@sha256:bad1", "shop@sha256:bad0"]
    assert OPTIONS.images == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("run", "again"),
    [(deploy, deploy), (there_and_back, roll_back), (twice, deploy)],
    ids=["deploy", "rollback", "second"],
)
def test_killed_at_each_step_the_next_run_ends_it_and_does_its_own(run, again, after):
    for dies in range(count(run)):
        world = World(dies=dies, after=after)
        with pytest.raises(Killed):
            run(world)
        step = (world.state["operation"] or {}).get("step")
        recovered = deployment(world)
        recovered.recover()
        current = world.state["current"] or FIRST
        assert serves(world) == current["name"], f"killed at {world.actions[dies]}"
        if step:
            assert ("went on" in recovered.phases.done[0]["said"]) == (step == FINISHING)
        if again is deploy:
            assert deploy(world, "2.0.0")["name"] == serves(world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_while_it_recovers_the_next_one_recovers(after):
    halves = range(0, count(deploy), 3)
    for dies in halves:
        for again in range(12):
            world = World(dies=dies, after=after)
            with pytest.raises(Killed):
                deploy(world)
            world.dies = len(world.actions) + again
            try:
                deployment(world).recover()
            except Killed:
                deployment(world).recover()
            serves(world)


@pytest.mark.parametrize(
    ("fails", "gate"),
    [
        ("migrate", "migrate"), ("answers", "health"), ("warm", "warm-up"), ("route", "route"), ("confirm", "public port"),
        ("app", "health"), ("queue", "queue"), ("scheduler", "scheduler"), ("reverb", "health"),
    ],
)  # fmt: skip
def test_each_gate_leaves_the_old_release_serving_and_is_named(fails, gate):
    world = World(fails=[fails])
    with pytest.raises(Reverted) as failed:
        deploy(world)
    assert failed.value.gate == gate
    assert serves(world) == "" and not any("-r1" in name for name in world.running)
    assert world.entries[-1]["result"].startswith(f"went back: {gate}: ")
    world.fails = set()
    assert deploy(world)["name"] == "r2" == serves(world), "a number is not used again"


def deploy_older(world, **options):
    """A release that knows nothing but the migration ``one``."""
    world.known = ["one"]
    new = colour(world.state["number"] + 1, "1.0.9")
    Deployment(world, Memory(world), dataclasses.replace(OPTIONS, **options), FIRST).carry_out(
        "deploy", new, "routes of " + new["name"]
    )


def test_a_deployment_takes_no_migration_from_the_release_that_serves_unless_it_is_said():
    world = World()
    deploy(world)
    with pytest.raises(
        Reverted, match=r"the database has two, which 1\.0\.9 does not know.*deploy_newer_schema=true"
    ) as failed:
        deploy_older(world)
    assert failed.value.gate == "schema" and serves(world) == "r1"
    assert not any("up app-r2" in action for action in world.actions), "nothing of it began"
    deploy_older(world, newer_schema=True)
    assert serves(world) == "r3"


def test_what_a_release_that_went_back_has_left_in_the_database_stops_no_other():
    world = World(fails=["warm"])
    with pytest.raises(Reverted):
        deploy(world)
    world.fails = set()
    assert world.state["schema"] == ["one", "two"]
    deploy_older(world)
    assert serves(world) == "r2"


def ends_as_it_is_told(world, action):
    """What the run said is so: it went back, or an operation is left, whose end is the next run's."""
    try:
        deploy(world)
    except Reverted as failed:
        assert "No space left" in str(failed) and serves(world) == "", action
        assert world.entries[-1]["result"] == f"went back: {failed.gate}: {failed}"
        return "went back"
    except GateFailed as failed:
        assert "No space left" in str(failed), action
        if not world.state["operation"]:
            assert serves(world) == "" and not world.entries, action
            return "nothing"
        return "left"
    raise AssertionError(f"a refused {action} is no failure")


def test_what_the_machine_refuses_once_is_gone_back_from_until_the_new_release_is_the_one():
    whole = World()
    deploy(whole)
    for number, action in enumerate(whole.actions):
        world = World(refuses=[number])
        said = ends_as_it_is_told(world, action)
        if said == "left":
            assert world.state["operation"]["step"] == FINISHING, action
            world.state["operation"] = None
            assert world.listed == "r1" and world.running["queue-r1"] and world.running["scheduler-r1"]
        else:
            assert said == ("nothing" if number == 0 else "went back"), action


def test_where_nothing_can_be_written_any_more_the_old_release_serves_and_the_next_run_says_so():
    whole = World()
    deploy(whole)
    committed = whole.actions.index("save finishing")
    for number in range(1, committed + 1):
        world = World(full=number)
        assert ends_as_it_is_told(world, whole.actions[number]) == "left"
        assert world.state["operation"]["step"] != FINISHING
        world.full = None
        before = dict(world.running)
        operation, world.state["operation"] = world.state["operation"], None
        assert serves(world) == "", whole.actions[number]
        world.state["operation"] = operation
        deployment(world).recover()
        assert serves(world) == "" and world.running == before


def test_the_gate_is_named_also_where_going_back_fails():
    world = World(fails=["confirm"])
    route = world.route

    def once(text):
        if text == "routes of ":
            raise OSError("Read-only file system")
        route(text)

    world.route = once
    with pytest.raises(
        GateFailed, match="going back did not come to its end: the machine refused: Read-only"
    ) as failed:
        deploy(world)
    assert failed.value.gate == "public port" and world.state["operation"]["step"] == GOING_BACK
    world.route = route
    deployment(world).recover()
    assert serves(world) == ""


def test_a_release_that_is_worse_than_the_one_before_goes_back():
    world = World()
    good = [Request("app", 200, 0.1)] * 100
    bad = [Request("app-r1", 200, 0.1)] * 90 + [Request("app-r1", 500, 0.1)] * 10
    world.requests = lambda since: good + bad
    with pytest.raises(Reverted) as failed:
        deploy(world)
    assert failed.value.gate == "watch" and "10.0% of 100" in str(failed.value)
    assert serves(world) == ""


def test_what_served_before_is_switched_to_once_it_answers_and_a_new_one_once_it_is_healthy_too():
    def switched_after(run, world):
        began, world.checked, switched = world.clock, world.clock + 6, []
        route = world.route
        world.route = lambda text: (switched.append(world.clock - began), route(text))
        run(world)
        return switched[0]

    world = World()
    assert switched_after(deploy, world) >= 6
    assert switched_after(roll_back, world) < 1


def test_a_rollback_that_fails_stays_where_it_was():
    world = World()
    deploy(world)
    world.fails = {"warm"}
    with pytest.raises(Reverted):
        roll_back(world)
    assert serves(world) == "r1" and world.state["kept"] == FIRST and world.running["app"] is False


def test_the_scheduler_is_not_replaced_where_a_minute_begins():
    for second in range(60):
        world = World()
        world.clock = 6000.0 + second
        stopped = []
        stop = world.stop
        world.stop = lambda names, world=world, stop=stop, stopped=stopped: (
            stopped.append(world.clock % 60) if "scheduler" in names and world.running["scheduler"] else None,
            stop(names),
        )
        deploy(world)
        assert 8 <= stopped[0] <= 46, (second, stopped)
