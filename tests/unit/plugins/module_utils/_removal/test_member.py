# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A standby leaves, the primary never, and never one that commits would wait for."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._removal.member import member_plan, place_of

MEMBER = {
    "name": "pg-replica2",
    "cluster": "pg_replica2",
    "slot": "pg_replica2",
    "version": 15,
    "port": 5434,
    "data_directory": "/data/pg_replica2",
    "system_identifier": "757",
    "running": True,
}
STANDBY = {"state": "running", "role": "standby"}


def named(*names, **machines):
    return [
        {
            "name": name,
            "machine": machines.get(name.replace("-", "_"), "db01"),
            "port": 5432 + ("pg-main", "pg-replica1", "pg-replica2", "pg-replica3", "pg-replica4").index(name),
            "data_directory": f"/data/{name}",
        }
        for name in names
    ]


def request(**others):
    return {
        "member": "pg-replica2",
        "owned": True,
        "limited": False,
        "members": named("pg-main", "pg-replica1", "pg-replica3"),
        "sync_mode": "quorum",
        "sync_count": 1,
        "data": "",
        **others,
    }


def machines(*members):
    return {
        "app01": {"traces": [], "databases": {}, "owners": {}, "members": []},
        "db01": {"traces": [], "databases": {}, "owners": {}, "members": [*members]},
    }


def topology(follows=("pg-replica1",), standbys=("pg-replica1",), **others):
    return {
        "primary": "pg-main",
        "system_identifier": "757",
        "following": {name: {"follows": name in follows} for name in standbys},
        "errors": [],
        **others,
    }


def slot(name, **others):
    return {"name": name, "type": "physical", "active": True, **others}


ANSWERS = {"pg-main": {"slots": [slot("pg_replica1"), slot("pg_replica2")]}, "pg-replica1": {"slots": []}}


DB01, FOLLOWED = machines(MEMBER), topology()


def plan(machines=None, topology=FOLLOWED, answers=None, **others):
    leaving = others.pop("leaving", STANDBY)
    return member_plan(request(**others), machines or DB01, topology, ANSWERS if answers is None else answers, leaving)


def test_it_stops_its_slot_goes_and_its_data_stay():
    found = plan()
    assert found["problems"] == []
    assert found["place"] == {**MEMBER, "machine": "db01"}
    assert (found["slot"], found["slot_on"]) == ("pg_replica2", ["pg-main"])
    text = "\n".join(found["lines"])
    assert "postgresql@15-pg_replica2 on db01 stops" in text and "goes: the slot pg_replica2 on pg-main" in text
    assert "stays: its data, /data/pg_replica2 on db01" in text and "remove_data=pg-replica2" in text
    assert [line.split(":")[0] for line in found["lines"]] == ["first", "then", "then", "goes", "stays"]


def test_its_data_go_by_its_name():
    found = plan(data="pg-replica2")
    assert found["problems"] == [] and any("ITS DATA, /data/pg_replica2" in line for line in found["lines"])


def test_its_slot_goes_on_every_member_and_no_other_slot_does():
    answers = {
        "pg-main": {"slots": [slot("pg_replica1"), slot("pg_replica22"), slot("pg_replica2", type="logical")]},
        "pg-replica1": {"slots": [slot("pg_replica2"), slot("pg_main")]},
        "pg-replica3": None,
        "pg-replica4": {"slots": None},
    }
    assert plan(answers=answers)["slot_on"] == ["pg-replica1"]


def test_one_whose_machine_is_gone_loses_its_slot():
    found = plan(machines(), leaving=None)
    assert (found["problems"], found["place"], found["slot_on"]) == ([], None, ["pg-main"])
    assert any("make sure that it does not run elsewhere" in line for line in found["lines"])


def test_where_nothing_is_left_it_says_so():
    found = plan(machines(), answers={}, leaving=None)
    assert found["problems"] == [] and found["lines"] == [
        "nothing: no machine has pg-replica2, and no member has a slot of it"
    ]


def test_a_former_primary_that_is_stopped_may_go():
    assert plan(leaving={"state": "stopped", "role": "primary"})["problems"] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"member": ""}, "expected the name of a member: -e remove_member=<member>"),
        ({"member": "a/b"}, "expected the name of a member"),
        ({"owned": False}, "belong to another inventory"),
        ({"limited": True}, "found --limit, expected none"),
        ({"data": "yes"}, "remove_data is yes, expected pg-replica2"),
        ({"members": named("pg-main", "pg-replica1", "pg-replica2")}, "the inventory still names it"),
        ({"member": "pg_replica1", "leaving": None}, "its slot, pg_replica1, is that of pg-replica1"),
        ({"machines": machines({**MEMBER, "data_directory": "/data/pg-main"})}, "is that of pg-main"),
        ({"member": "pg-main", "leaving": None}, "it is the primary: switch over first (playbooks/switchover.yml)"),
        (
            {"sync_count": 2},
            "commits wait for 2 standbys (postgres_sync_mode is quorum), but without it pg-replica1 follows",
        ),
        (
            {"topology": topology(follows=())},
            "commits wait for 1 standby (postgres_sync_mode is quorum), but without it none follow",
        ),
        ({"topology": topology(standbys=())}, "commits wait for 1 standby "),
        ({"topology": topology(standbys=()), "sync_mode": "all"}, "commits wait for 1 standby "),
        (
            {"topology": topology(standbys=("pg-replica1", "pg-replica3")), "sync_mode": "all"},
            "commits wait for 2 standbys (postgres_sync_mode is all)",
        ),
        ({"machines": machines({**MEMBER, "system_identifier": "8"})}, "it belongs to another cluster"),
    ],
)
def test_refused(given, said):
    problems = plan(**given)["problems"]
    assert any(said in problem for problem in problems), problems


def test_a_standby_that_the_primary_will_not_ask_does_not_count():
    """s1 is on the primary's machine; with two standbys elsewhere the primary lists these alone, and they do not follow."""
    members = named("pg-main", "pg-replica1", "pg-replica3", "pg-replica4", pg_replica3="db02", pg_replica4="db03")
    known = topology(follows=("pg-replica1",), standbys=("pg-replica1", "pg-replica3", "pg-replica4"))
    (problem,) = plan(members=members, topology=known)["problems"]
    assert "without it none follow the primary (pg-replica1, on the primary's own machine, would confirm" in problem
    known = topology(follows=("pg-replica4",), standbys=("pg-replica1", "pg-replica3", "pg-replica4"))
    assert plan(members=members, topology=known)["problems"] == []


def test_what_answers_at_the_port_of_a_named_member_is_not_taken_for_the_one_that_leaves():
    found = plan(members=named("pg-main", "pg-replica1"))
    assert (found["alone"], found["serves"]) == (True, True)
    found = plan(machines({**MEMBER, "port": 5433}), members=named("pg-main", "pg-replica1"))
    assert (found["problems"], found["alone"], found["serves"]) == ([], False, False)
    found = plan(machines({**MEMBER, "port": 5433}), members=named("pg-main", "pg-replica1", pg_replica1="app01"))
    assert found["alone"]


@pytest.mark.parametrize("state", ["stopped", "starting", "unreachable"])
def test_nobody_waits_for_the_readers_of_one_that_does_not_serve(state):
    """A broken one leaves postmaster.pid behind."""
    assert not plan(leaving={"state": state, "role": "standby"})["serves"]


def test_the_primary_taken_from_the_inventory_is_refused_before_anybody_is_told_to_promote():
    """The other members then know no primary, and say that the failover playbook would make one: two would take writes."""
    nobody = topology(primary=None, errors=["no member takes writes. Next: run the failover playbook"], following={})
    (problem,) = plan(topology=nobody, leaving={"state": "running", "role": "primary"})["problems"]
    assert "it is the primary. Put it back into the inventory" in problem and "failover" not in problem


def test_a_cluster_with_problems_is_left_as_it_is():
    assert plan(topology=topology(errors=["2 members take writes"]))["problems"] == ["2 members take writes"]


def test_without_synchronous_standbys_the_last_one_may_go():
    assert plan(topology=topology(standbys=()), sync_mode="async")["problems"] == []


def test_a_member_is_found_by_its_whole_name():
    assert place_of("pg-replica", machines(MEMBER)) is None
