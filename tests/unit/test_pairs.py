# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of two runs side by side sees who went on beside the other, and what is not whole; the parts have every pair once."""

from __future__ import annotations

import dataclasses
import textwrap

import pytest
import yaml
from support.helpers.pairs import RUNS, Ended, chosen, disorder_of_runs, variables
from support.helpers.whole import disorder_of_members, disorder_of_pools

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import said
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock.lock import Holder, Lock

NOW = 1_795_681_678.0
RECAP = "db01 : ok=9 changed={} unreachable=0 failed={}\n"


def holder(process, reason):
    return Holder(
        user="root", host="lab", controller="a", process=process, began=1.0, command="c", reason=f"{reason}.yml"
    )


def lock(run, since, state="released"):
    return Lock(
        name="cluster",
        holder=holder(run.process, RUNS[run.name].playbook),
        since=since,
        expires=since + 1800,
        state=state,
        before=[],
    )


def went_on(name="switchover", process=100, ended=NOW + 20, code=0, output=""):
    return Ended(name, process, code, output + RECAP.format(2, int(bool(code))), ended)


def refused(other, name="converge production", changed=0, process=200):
    """As Ansible shows the message: in YAML, of which each line is broken at a blank, and as an error, which is broken anywhere."""
    message = said.held(lock(other, NOW, "held"), "db01", NOW + 15)
    error = f"[ERROR]: Task failed: {message[:-6]}-\n{message[-6:]}\n"
    result = textwrap.indent(yaml.dump({"changed": False, "item": "db01", "msg": message, "refused": True}), " " * 4)
    output = f"{error}failed: [app01 -> db01] (item=db01) => \n{result}\n{error}"
    return Ended(name, process, 2, output + RECAP.format(changed, 1), NOW + 18)


FIRST, SECOND = went_on(), went_on("rejoin", 200, NOW + 40)


@pytest.mark.parametrize("swapped", [False, True])
def test_one_is_refused_by_the_name_of_the_other(swapped):
    runs = (FIRST, refused(FIRST))
    assert disorder_of_runs(*(runs[::-1] if swapped else runs), lock(FIRST, NOW)) == []


def test_one_waits_for_the_other():
    assert disorder_of_runs(FIRST, SECOND, lock(SECOND, FIRST.ended - 1)) == []


@pytest.mark.parametrize(
    ("first", "second", "left", "found"),
    [
        (FIRST, SECOND, lock(SECOND, NOW), "rejoin had the lock 20 s before switchover ended"),
        (FIRST, SECOND, lock(FIRST, NOW), "rejoin went on without the lock"),
        (FIRST, SECOND, lock(SECOND, NOW + 20, "held"), "rejoin has not given its lock back"),
        (FIRST, refused(FIRST, changed=3), lock(FIRST, NOW), "was refused and changed 3 things"),
        (FIRST, refused(SECOND), lock(FIRST, NOW), "because of another run than switchover (100)"),
        (FIRST, refused(dataclasses.replace(FIRST, name="patch")), lock(FIRST, NOW), "because of another run than"),
        (refused(FIRST), refused(FIRST), lock(FIRST, NOW), "both were refused"),
        (went_on(code=2), refused(FIRST), lock(FIRST, NOW, "held"), "switchover ended with 2"),
        (went_on(output="Traceback (most recent call last)"), refused(FIRST), lock(FIRST, NOW), "its own feet"),
    ],
)
def test_what_two_runs_must_not_do_is_told(first, second, left, found):
    assert [each for each in disorder_of_runs(first, second, left) if found in each]


@pytest.mark.parametrize(
    ("first", "second", "good"),
    [
        # The primary was killed under the first one.
        (went_on("patch", code=2, output="MODULE FAILURE"), went_on("failover", 200, NOW + 40), True),
        (went_on("failover"), went_on("switchover", 200, NOW + 40, code=2), True),
        (went_on("failover"), went_on("failover", 200, NOW + 40, 2, "pg-replica1 takes writes: use the switch"), True),
        (went_on("failover"), went_on("failover", 200, NOW + 40, 2, "a was promoted since the members"), True),
        (went_on("failover", code=2, output="at risk"), went_on("rejoin", 200, NOW + 40), False),
        (went_on("patch"), went_on("failover", 200, NOW + 40, output="KeyError"), False),
    ],
)
def test_beside_a_failover_others_may_end_red_but_not_the_failover_itself(first, second, good):
    assert (disorder_of_runs(first, second, lock(second, NOW + 20)) == []) is good


MEMBERS = {
    "pg-main": {"standby": True, "timeline": 3, "slots": [], "standbys": {}},
    "pg-replica1": {
        "standby": False,
        "timeline": 3,
        "slots": ["pg_main", "pg_replica2"],
        "standbys": {"pg-main": "streaming quorum", "pg-replica2": "streaming quorum"},
    },
    "pg-replica2": {"standby": True, "timeline": 3, "slots": [], "standbys": {}},
}


def test_a_whole_cluster():
    assert disorder_of_members(MEMBERS) == []


@pytest.mark.parametrize(
    ("name", "said", "found"),
    [
        ("pg-main", {"standby": False}, "2 members take writes: ['pg-main', 'pg-replica1']"),
        ("pg-replica1", {"standby": True}, "0 members take writes: []"),
        ("pg-main", {"slots": ["pg_replica2"]}, "pg-main has the slots ['pg_replica2'], expected []"),
        ("pg-replica1", {"slots": ["other", "pg_main", "pg_replica2"]}, "pg-replica1 has the slots ['other', "),
        ("pg-replica1", {"slots": ["pg_main"]}, "expected ['pg_main', 'pg_replica2']"),
        ("pg-replica2", {"timeline": 2}, "timelines differ"),
        ("pg-replica1", {"standbys": {"pg-main": "streaming quorum"}}, "pg-replica2 is not there"),
        (
            "pg-replica1",
            {"standbys": {**MEMBERS["pg-replica1"]["standbys"], "pg-main": "catchup async"}},
            "pg-main is catchup async, expected streaming quorum",
        ),
    ],
)
def test_what_a_cluster_lacks_is_told(name, said, found):
    assert found in "\n".join(disorder_of_members({**MEMBERS, name: {**MEMBERS[name], **said}}))


def test_a_member_that_does_not_answer_is_missing():
    assert disorder_of_members({**MEMBERS, "pg-main": {}})
    assert disorder_of_members({name: {} for name in MEMBERS}) == ["0 members take writes: []"]


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({}, True),
        ({"plannerate_production": {"paused": "1"}}, False),
        ({"plannerate_production_ro": {"paused": "1"}}, False),
        ({"plannerate_staging": {"port": "5434"}}, False),
        ({"plannerate_production": {"name": "other"}}, False),
    ],
)
def test_pools_lead_to_the_primary_and_nobody_waits(changed, good):
    ports = {"pgbouncer": "6432", "plannerate_production": "5433", "plannerate_production_ro": "6000"}
    ports["plannerate_staging"] = "5433"
    rows = [{"name": name, "port": port, "paused": "0", **changed.get(name, {})} for name, port in ports.items()]
    assert (disorder_of_pools(rows, 5433) == []) is good


def test_two_of_the_same_kind_have_different_things_to_do():
    for name in ("switchover", "restore"):
        assert variables(name, 0, ["a", "b"]) != variables(name, 1, ["a", "b"])
    assert variables("rejoin", 0, ["a", "b"]) == {}


def test_a_pair_is_chosen_alone_by_its_first_run_or_with_all():
    assert len(chosen({})) == len({*chosen({})}) == len(RUNS) ** 2
    assert chosen({"PAIRS_FIRST": "patch"}) == [("patch", name) for name in RUNS]
    assert chosen({"PAIRS_FIRST": "patch", "PAIR": "converge staging, failover"}) == [("converge staging", "failover")]
    with pytest.raises(AssertionError, match="no run is called switch, expected two of converge production"):
        chosen({"PAIR": "failover,switch"})
