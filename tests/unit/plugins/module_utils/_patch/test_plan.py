# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order machines are patched, who is the primary meanwhile, and which reboot nobody does unasked."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._patch import silences
from ansible_collections.plannerate.infra.plugins.module_utils._patch.described import described_plan
from ansible_collections.plannerate.infra.plugins.module_utils._patch.found import Cluster

POSTGRES = {"name": "postgresql-15", "installed": "15.14", "candidate": "15.15"}
PGBOUNCER = {"name": "pgbouncer", "installed": "1.18", "candidate": "1.19"}
HAPROXY = {"name": "haproxy", "installed": "2.6.1", "candidate": "2.6.2"}
DOCKER = {"name": "docker.io", "installed": "26.1.5", "candidate": "26.1.6"}
CONTAINERD = {"name": "containerd", "installed": "1.7.1", "candidate": "1.7.2"}
KERNEL = {"name": "linux-image-6.1.0-31-amd64", "installed": None, "candidate": "6.1.128-1"}
# What has nothing to restart.
COMMON = {"name": "postgresql-common", "installed": "248", "candidate": "249"}


def nothing():
    return {"updates": [], "waiting": [], "outdated_services": [], "reboot": [], "interrupted": False}


class World:
    """Members on machines, the first one the primary of those that follow it; and what each machine answers."""

    def __init__(self, members, synchronous="ANY 1", **groups):
        self.members = [
            {
                "name": name,
                "machine": machine,
                "version": 15,
                "cluster": name.replace("-", "_"),
                "slot": name.replace("-", "_"),
            }
            for name, machine in members.items()
        ]
        names = [*members]
        self.primary = names[0] if names else None
        listed = ", ".join(f'"{name}"' for name in names[1:])
        self.answers = {
            name: {
                "state": "running",
                "pending_restart": [],
                "restart_settings": {},
                "settings": {
                    "synchronous_standby_names": f"{synchronous} ({listed})" if synchronous and listed else ""
                },
                "synchronous": [{"application_name": other, "sync_state": "quorum"} for other in names[1:]],
            }
            for name in names
        }
        self.following = {name: {"follows": True, "verdict": "follows", "reason": ""} for name in names[1:]}
        self.groups = {"poolers": [], "docker_hosts": [], "monitoring": [], **groups}
        machines = [*members.values(), *(name for group in groups.values() for name in group)]
        self.found = {name: nothing() for name in sorted({*machines})}

    def needs(self, machine, *updates, **more):
        self.found[machine] = {**self.found[machine], "updates": [*updates], **more}
        return self

    def plan(self, machines=(), outage=(), reboot=True):
        topology = {"primary": self.primary, "following": self.following, "standbys": [*self.following]}
        return described_plan(
            self.found,
            self.members,
            topology if self.members else None,
            self.answers,
            self.groups,
            {"machines": [*machines], "outage": [*outage], "reboot": reboot},
        )


def two_machines():
    """As the real installation: all members and the pooler on one machine, the application on the other."""
    return World(
        {"pg-main": "db01", "pg-replica1": "db01", "pg-replica2": "db01"},
        poolers=["db01"],
        docker_hosts=["app01"],
        monitoring=["app01"],
    )


def five_machines():
    return World(
        {"pg-a": "db01", "pg-b": "db02", "pg-c": "db03"},
        poolers=["pool01", "pool02"],
        docker_hosts=["app01"],
        monitoring=["mon01"],
    )


def test_nothing_to_do():
    plan = two_machines().plan()
    assert (plan["order"], plan["errors"], plan["text"]) == ([], [], ["nothing to do"])


def test_standbys_then_the_primarys_machine_then_poolers_then_the_application():
    world = five_machines()
    for machine in world.found:
        world.needs(machine, POSTGRES if machine.startswith("db") else DOCKER)
    world.found["extra"] = {**nothing(), "updates": [COMMON]}
    plan = world.plan()
    assert plan["order"] == ["db02", "db03", "db01", "pool01", "pool02", "extra", "mon01", "app01"]
    moves = {name: each["hand_over_first"] for name, each in plan["machines"].items() if each["hand_over_first"]}
    assert moves == {"db01": "pg-b"}, "the role moves once"


def test_the_primary_moves_to_another_machine_before_anything_is_done_on_its_own():
    machine = five_machines().needs("db01", POSTGRES).plan()["machines"]["db01"]
    assert (machine["hand_over_first"], machine["standbys"], machine["primary"]) == ("pg-b", ["pg-a"], "")


def test_where_all_share_a_machine_it_hands_its_role_to_one_that_has_restarted():
    plan = two_machines().needs("db01", POSTGRES).plan()
    machine = plan["machines"]["db01"]
    assert machine["hand_over_first"] == ""
    assert (machine["standbys"], machine["primary"]) == (["pg-replica1", "pg-replica2"], "pg-main")
    assert "db01: postgresql-15 15.14 → 15.15" in plan["text"]
    assert any("pg-main, the primary, hands its role to a standby that has restarted" in line for line in plan["text"])


@pytest.mark.parametrize(
    ("updates", "outdated", "services", "standbys"),
    [
        ([HAPROXY], [], ["haproxy"], []),
        ([PGBOUNCER, HAPROXY], [], ["haproxy", "pgbouncer"], []),
        ([COMMON], [], [], []),
        ([], ["pgbouncer"], ["pgbouncer"], []),
        ([], ["postgresql@15-pg_replica2"], [], ["pg-replica2"]),
        ([{**POSTGRES, "name": "postgresql-17"}], [], [], []),
        ([DOCKER, CONTAINERD], [], ["containerd", "docker"], []),
    ],
)
def test_only_what_has_new_files_restarts(updates, outdated, services, standbys):
    """Also what a run left that was interrupted after its packages were upgraded."""
    plan = two_machines().needs("db01", *updates, outdated_services=outdated).plan()
    machine = plan["machines"]["db01"]
    assert (machine["services"], machine["standbys"], machine["primary"]) == (services, standbys, "")
    assert machine["hand_over_first"] == "" and plan["order"] == ["db01"]


def test_a_primary_without_standbys_restarts_where_it_is():
    plan = World({"pg-main": "db01"}, synchronous="").needs("db01", POSTGRES).plan()
    assert (plan["machines"]["db01"]["primary"], plan["errors"]) == ("pg-main", [])
    assert "db01: pg-main, the primary, restarts where it is, while PgBouncer is paused" in plan["text"]


@pytest.mark.parametrize(
    ("world", "machine", "says"),
    [
        (two_machines, "db01", "nobody takes writes: pg-main is the primary"),
        (two_machines, "db01", "no client reaches the database"),
        (two_machines, "app01", "the application does not answer"),
        (
            lambda: World({"a": "db01", "b": "db02", "c": "db02"}),
            "db02",
            "commits wait: 1 standby(s) must confirm them, and 0",
        ),
        (
            lambda: World({"a": "db01", "b": "db02", "c": "db03"}, "ANY 2"),
            "db02",
            "commits wait: 2 standby(s) must confirm",
        ),
        (lambda: World({"a": "db01", "b": "db02"}), "db01", "commits wait: 1 standby(s) must confirm them, and 0"),
    ],
)
def test_a_reboot_that_takes_a_service_away_needs_a_word(world, machine, says):
    plan = world().needs(machine, reboot=["kernel"]).plan()
    each = plan["machines"][machine]
    assert not each["reboots"] and any(said.startswith(says) for said in each["outage"]), each["outage"]
    assert plan["order"] == [] and f"To allow it: -e patch_outage={machine}" in plan["text"][1]
    assert plan["text"][0] == "nothing to do"
    allowed = world().needs(machine, reboot=["kernel"]).plan(outage=[machine])
    assert allowed["machines"][machine]["reboots"] and allowed["order"] == [machine] and len(allowed["text"]) >= 1
    assert not any("left" in line for line in allowed["text"])


@pytest.mark.parametrize(
    ("world", "machine"),
    [
        (five_machines, "db01"),
        (five_machines, "db02"),
        (five_machines, "pool01"),
        (five_machines, "mon01"),
        (lambda: World({"a": "db01", "b": "db02"}, synchronous=""), "db01"),
        (lambda: World({"a": "db01", "b": "db02"}, synchronous=""), "db02"),
    ],
)
def test_a_reboot_that_nobody_notices_needs_none(world, machine):
    plan = world().needs(machine, KERNEL).plan()
    assert plan["machines"][machine]["reboots"] and plan["machines"][machine]["outage"] == []
    assert plan["machines"][machine]["reboot"] == ["linux-image-6.1.0-31-amd64 6.1.128-1"]


def test_a_primary_moves_before_its_machine_reboots_although_postgresql_has_no_update():
    machine = five_machines().needs("db01", KERNEL).plan()["machines"]["db01"]
    assert (machine["hand_over_first"], machine["reboots"], machine["standbys"]) == ("pg-b", True, [])


def test_what_restarts_by_the_reboot_does_not_restart_before():
    world = two_machines().needs("db01", POSTGRES, PGBOUNCER, KERNEL)
    machine = world.plan(outage=["db01"])["machines"]["db01"]
    assert (machine["standbys"], machine["primary"], machine["services"]) == ([], "", []) and machine["reboots"]
    machine = world.plan()["machines"]["db01"]
    assert machine["primary"] == "pg-main" and machine["services"] == ["pgbouncer"] and not machine["reboots"]


def test_no_reboot_at_all():
    plan = five_machines().needs("db02", reboot=["kernel"]).plan(reboot=False)
    assert (
        plan["order"] == []
        and "db02: left: a reboot (kernel), which patch_reboot=false keeps from being done" in plan["text"]
    )


def test_the_role_goes_only_to_a_member_that_follows_and_can_confirm():
    world = five_machines().needs("db01", POSTGRES)
    world.answers["pg-a"]["synchronous"] = [
        {"application_name": "pg-b", "sync_state": "async"},
        {"application_name": "pg-c", "sync_state": "quorum"},
    ]
    assert world.plan()["machines"]["db01"]["hand_over_first"] == "pg-c"
    world.following["pg-c"] = {"follows": False, "verdict": "detached", "reason": "a failover detached it"}
    plan = world.plan()
    assert plan["machines"]["db01"]["hand_over_first"] == "pg-b"
    assert "pg-c does not follow pg-a (a failover detached it). Put that right first" in plan["errors"][0]


@pytest.mark.parametrize("world", [two_machines, five_machines])
def test_a_primary_that_nobody_can_stand_in_for_is_refused_before_anything_is_done(world):
    """A standby that waits for a restart of its own takes no role; with one that restarts before, all is well."""
    world = world().needs("db01", outdated_services=["postgresql@15-pg_main", "postgresql@15-pg_a"])
    for name in world.following:
        world.answers[name]["pending_restart"] = ["shared_buffers"]
    (error,) = world.plan()["errors"]
    first = next(iter(world.following))
    assert error.startswith(f"{world.primary} has to restart and no standby can take its role: {first} waits")
    assert f"{first} waits for a restart for shared_buffers" in error and "Converge first" in error
    last = world.members[-1]
    world.needs(last["machine"], POSTGRES)
    assert world.plan()["errors"] == []


@pytest.mark.parametrize(
    ("world", "machine", "expected"),
    [
        (two_machines, "db01", {"mode": "switchover", "target": "pg-replica1"}),
        (five_machines, "db01", {"mode": "switchover", "target": "pg-b"}),
        (five_machines, "db02", {"mode": "restart", "target": "pg-b", "because": "new programs"}),
        (
            lambda: World({"pg-main": "db01"}, synchronous=""),
            "db01",
            {"mode": "restart", "target": "pg-main", "because": "new programs"},
        ),
        (five_machines, "app01", {}),
    ],
)
def test_the_first_change_of_members_is_there_to_be_asked_for(world, machine, expected):
    assert world().needs(machine, POSTGRES).plan()["machines"][machine]["promotion"] == expected


def test_a_cluster_that_is_not_well_stops_only_a_run_that_has_something_to_do():
    world = two_machines()
    world.following["pg-replica1"] = {"follows": False, "verdict": "not running", "reason": "it is stopped"}
    assert world.plan()["errors"] == []
    assert len(world.needs("app01", DOCKER).plan()["errors"]) == 1


def test_what_an_interrupted_dpkg_left_is_work():
    plan = two_machines().needs("app01", interrupted=True).plan()
    assert plan["order"] == ["app01"]
    assert plan["text"] == ["app01: packages that an interrupted dpkg left half installed are finished"]


def test_only_the_machines_that_are_named():
    world = two_machines().needs("db01", POSTGRES).needs("app01", DOCKER)
    plan = world.plan(machines=["app01"])
    assert plan["order"] == ["app01"] and "db01" not in plan["machines"]
    errors = world.plan(machines=["app02"], outage=["db09"])["errors"]
    assert errors == [
        "patch_machines names app02, expected one of the machines app01, db01",
        "patch_outage names db09, expected one of the machines app01, db01",
    ]


def test_what_waits_is_told_and_is_no_work():
    waiting = [{"name": "docker.io", "installed": "1", "candidate": "2", "reason": "held"}]
    plan = two_machines().needs("app01", waiting=waiting).plan()
    assert plan["order"] == [] and plan["text"] == ["nothing to do", "app01: left: docker.io: held"]


def test_what_is_left_from_a_machine_on():
    world = two_machines().needs("db01", POSTGRES).needs("app01", DOCKER)
    left = world.plan()["from_machine"]
    assert [line.split(":")[0] for line in left["app01"]] == ["app01", "app01"]
    assert left["db01"][-2:] == left["app01"] and left["db01"][0] == "db01: postgresql-15 15.14 → 15.15"


def test_without_postgresql():
    world = World({}, docker_hosts=["app01"]).needs("app01", DOCKER)
    plan = world.plan()
    assert plan["order"] == ["app01"] and plan["errors"] == []


@pytest.mark.parametrize(
    ("machine", "reboots", "names"),
    [
        ("app01", False, set()),
        ("app01", True, {"ProbeFailing|ProbeSlow|LaravelErrors|RequestsFailing"}),
        ("db01", False, {"PostgresReplicationLagBytes", "PostgresReplicationLagSlot"}),
        (
            "db01",
            True,
            {
                "PostgresReplicationLagBytes",
                "PostgresReplicationLagSlot",
                "PostgresPrimaryMissing|PostgresFatal|LaravelErrors|RequestsFailing",
                "ProbeFailing|ProbeSlow|LaravelErrors|RequestsFailing",
            },
        ),
    ],
)
def test_the_silences_are_about_the_machine_and_what_it_causes_elsewhere(machine, reboots, names):
    world = two_machines()
    topology = {"primary": world.primary, "following": world.following}
    made = silences.of(machine, Cluster(world.members, topology, world.answers), world.groups, reboots)
    assert made[0] == [{"name": "machine", "value": machine, "regex": False}]
    assert {each["value"] for silence in made for each in silence if each["name"] == "alertname"} == names
    if machine == "db01":
        assert made[1][1] == {"name": "application_name", "value": "pg-main|pg-replica1|pg-replica2", "regex": True}
