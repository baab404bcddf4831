# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._replication import slot_queries
from ansible_collections.plannerate.infra.plugins.module_utils._replication.slot_plan import PlanRefused, is_lost, plan

PG15 = {"version": 15, "in_recovery": False, "max_replication_slots": 10}
PG17 = {**PG15, "version": 17}
PURGE = {"lost": True, "max_retained_bytes": 100, "max_inactive_seconds": None}


def listed(name="pg_a", **others):
    blank = {"type": "physical", "plugin": None, "database": None, "two_phase": False, "immediately_reserve": True}
    return {"name": name, **blank, **others}


def logical(name="pg_a", **others):
    return listed(name, **{"type": "logical", "plugin": "pgoutput", "database": "app", **others})


def existing(name="pg_a", **others):
    blank = {
        "type": "physical",
        "plugin": None,
        "database": None,
        "two_phase": False,
        "temporary": False,
        "active": False,
        "wal_status": "reserved",
        "restart_lsn": "0/1",
        "retained_bytes": 0,
        "inactive_seconds": None,
        "invalidation_reason": None,
        "failover": None,
        "synced": None,
    }
    return {"name": name, **blank, **others}


def lost(name="pg_a", **others):
    return existing(name, **{"wal_status": "lost", "retained_bytes": None, **others})


def policy(**others):
    return {"managed_pattern": "pg_[a-z]+", "purge": PURGE, "max_drops": 10, "recreate_lost": [], **others}


def above(figure, limit):
    return None not in (figure, limit) and figure > limit


def names(steps):
    return {action: [slot["name"] for slot in slots] for action, slots in steps.items() if slots}


def refusal(*arguments):
    with pytest.raises(PlanRefused) as refused:
        plan(*arguments)
    return str(refused.value)


ACTUAL = st.lists(
    st.builds(
        existing,
        name=st.sampled_from(["pg_a", "pg_b", "pg_c", "other", "zz"]),
        active=st.booleans(),
        temporary=st.booleans(),
        synced=st.sampled_from([None, False, True]),
        wal_status=st.sampled_from([None, "reserved", "extended", "unreserved", "lost"]),
        invalidation_reason=st.sampled_from([None, "wal_removed", "rows_removed"]),
        retained_bytes=st.one_of(st.none(), st.integers(-10, 200)),
        inactive_seconds=st.one_of(st.none(), st.floats(0, 200)),
    ),
    unique_by=lambda slot: slot["name"],
)
DESIRED = st.lists(st.sampled_from(["pg_a", "pg_b", "pg_d"]), unique=True).map(
    lambda found: [listed(name) for name in found]
)
POLICIES = st.builds(
    policy,
    managed_pattern=st.sampled_from([None, "pg_[a-z]+", ".*", "z"]),
    purge=st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {
                "lost": st.booleans(),
                "max_retained_bytes": st.sampled_from([None, 0, 100]),
                "max_inactive_seconds": st.sampled_from([None, 0, 100]),
            }
        ),
    ),
    max_drops=st.integers(0, 3),
    recreate_lost=st.just([]) | st.just(["pg_a"]),
)


@given(DESIRED, ACTUAL, POLICIES)
def test_nothing_is_dropped_on_a_guess(desired, actual, rules):
    wanted = {slot["name"] for slot in desired}
    try:
        steps = plan(desired, actual, rules, PG17)
    except PlanRefused:
        return
    for slot in steps["drop"]:
        assert not slot["active"]
        assert not slot["temporary"]
        assert not slot["synced"]
        assert slot["name"] not in wanted
        assert re.fullmatch(rules["managed_pattern"], slot["name"])
        purge = rules["purge"]
        assert (
            (purge["lost"] and is_lost(slot))
            or above(slot["retained_bytes"], purge["max_retained_bytes"])
            or above(slot["inactive_seconds"], purge["max_inactive_seconds"])
        )
    assert len(steps["drop"]) <= rules["max_drops"]
    for slot in steps["recreate"]:
        assert slot["name"] in wanted
        assert slot["name"] in rules["recreate_lost"]
        assert is_lost(slot)
        assert not slot["active"]


@given(DESIRED, ACTUAL, POLICIES)
def test_every_slot_has_one_fate_and_a_reason(desired, actual, rules):
    try:
        steps = plan(desired, actual, rules, PG17)
    except PlanRefused:
        return
    fates = [slot["name"] for action in ("create", "drop", "recreate", "keep") for slot in steps[action]]
    assert sorted(fates) == sorted({slot["name"] for slot in [*desired, *actual]})
    assert all(slot["reason"] for slots in steps.values() for slot in slots)
    assert {slot["name"] for slot in steps["lost"]} <= {slot["name"] for slot in steps["keep"]}


@given(DESIRED, ACTUAL, POLICIES)
def test_once_carried_out_there_is_nothing_left_to_do(desired, actual, rules):
    try:
        steps = plan(desired, actual, rules, PG17)
    except PlanRefused:
        return
    created = [existing(slot["name"]) for slot in [*steps["create"], *steps["recreate"]]]
    again = plan(desired, [*steps["keep"], *created], rules, PG17)
    assert not again["create"]
    assert not again["drop"]
    assert not again["recreate"]


def test_without_a_purge_policy_everything_stays():
    steps = plan([], [lost(), existing("pg_b", retained_bytes=10**12)], policy(purge=None), PG15)
    assert names(steps) == {"keep": ["pg_a", "pg_b"]}


def test_a_healthy_inactive_slot_stays_although_it_is_not_listed():
    assert names(plan([], [existing(retained_bytes=100)], policy(), PG15)) == {"keep": ["pg_a"]}


@pytest.mark.parametrize(
    ("slot", "reason"),
    [
        (lost(), "lost: its WAL was removed"),
        (existing(invalidation_reason="rows_removed"), "lost: rows_removed"),
        (existing(retained_bytes=101), "retains 101 bytes of WAL, more than 100"),
    ],
)
def test_the_reason_of_a_drop_is_told(slot, reason):
    assert plan([], [slot], policy(), PG15)["drop"][0]["reason"] == reason


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        ({"active": True}, "active"),
        ({"temporary": True}, "temporary: it goes with its session"),
        ({"synced": True}, "synchronised from the primary"),
        ({"name": "other"}, "not listed, but does not match managed_pattern"),
    ],
)
def test_what_must_not_be_dropped_stays_although_it_is_lost(guard, reason):
    (slot,) = plan([], [lost(**guard)], policy(), PG17)["keep"]
    assert slot["reason"] == reason


def test_inactivity_counts_where_the_server_records_it():
    rules = policy(purge={"lost": False, "max_retained_bytes": None, "max_inactive_seconds": 60})
    actual = [existing(inactive_seconds=61.0), existing("pg_b", inactive_seconds=59.0), existing("pg_c")]
    assert names(plan([], actual, rules, PG17)) == {"drop": ["pg_a"], "keep": ["pg_b", "pg_c"]}
    for version in (15, 16):
        assert f"needs PostgreSQL 17, found {version}" in refusal([], actual, rules, {**PG15, "version": version})


def test_too_many_drops_drop_none_and_name_them_all():
    message = refusal([], [lost(), lost("pg_b")], policy(max_drops=1), PG15)
    assert "2 slots would be dropped, max_drops is 1" in message
    assert "pg_a" in message
    assert "pg_b" in message


def test_a_pattern_has_to_match_the_whole_name():
    assert names(plan([], [lost("pg_a1"), lost("my_pg_a")], policy(), PG15)) == {"keep": ["pg_a1", "my_pg_a"]}


def test_a_listed_lost_slot_is_recreated_only_while_its_standby_is_rebuilt():
    desired, actual = [listed(), listed("pg_b")], [lost(), lost("pg_b")]
    steps = plan(desired, actual, policy(recreate_lost=["pg_b"]), PG15)
    assert names(steps) == {"keep": ["pg_a"], "lost": ["pg_a"], "recreate": ["pg_b"]}


def test_a_listed_slot_that_is_not_lost_is_never_recreated():
    assert names(plan([listed()], [existing()], policy(recreate_lost=["pg_a"]), PG15)) == {"keep": ["pg_a"]}


def test_recreating_needs_no_room_among_the_drops():
    steps = plan([listed()], [lost()], policy(recreate_lost=["pg_a"], max_drops=0), PG15)
    assert names(steps) == {"recreate": ["pg_a"]}


@pytest.mark.parametrize(
    ("wanted", "found", "message"),
    [
        (logical(), existing(), "exists with type physical, plugin None, database None, expected type logical"),
        (logical(), existing(**logical(plugin="wal2json")), "exists with plugin wal2json, expected plugin pgoutput"),
        (logical(), existing(**logical(database="x")), "exists with database x, expected database app"),
        (logical(two_phase=True), existing(**logical()), "exists with two_phase False, expected two_phase True"),
        (listed(), existing(temporary=True), "temporary slot of another session"),
    ],
)
def test_a_slot_that_differs_is_refused_with_the_remedy(wanted, found, message):
    told = refusal([wanted, listed("pg_new")], [found], policy(), PG15)
    assert message in told
    assert "drop it" in told or "end that session" in told


def test_a_release_that_does_not_tell_two_phase_is_believed():
    found = existing(**logical(two_phase=None))
    assert names(plan([logical()], [found], policy(), {**PG15, "version": 13})) == {"keep": ["pg_a"]}


@pytest.mark.parametrize(
    ("desired", "server", "message"),
    [
        ([listed("Pg-A")], PG15, "'Pg-A': PostgreSQL allows"),
        ([listed("a" * 64)], PG15, "at most 63"),
        ([listed(), listed()], PG15, "listed 2 times"),
        ([logical(plugin=None)], PG15, "expected plugin, found none"),
        ([logical(database=None)], PG15, "expected database, found none"),
        ([listed(plugin="pgoutput")], PG15, "is physical, but has plugin"),
        ([logical(two_phase=True)], {**PG15, "version": 13}, "two_phase needs PostgreSQL 14, found 13"),
        ([logical()], {**PG15, "in_recovery": True}, "that needs PostgreSQL 16, found 15"),
        ([listed()], {**PG15, "version": 12}, "expected 13 or later"),
        ([listed(f"pg_{i}") for i in range(11)], PG15, "max_replication_slots is 10"),
    ],
)
def test_a_request_that_cannot_be_followed_is_refused(desired, server, message):
    assert message in refusal(desired, [], policy(), server)


def test_everything_that_is_wrong_is_told_at_once():
    message = refusal([listed("A"), logical(plugin=None)], [], policy(managed_pattern="(", recreate_lost=["x"]), PG15)
    assert all(word in message for word in ("'A'", "expected plugin", "no regular expression", "recreate_lost names x"))


def test_a_standby_takes_physical_slots_and_from_16_on_logical_ones():
    standby = {**PG15, "in_recovery": True}
    assert names(plan([listed()], [], policy(), standby)) == {"create": ["pg_a"]}
    assert names(plan([logical()], [], policy(), {**standby, "version": 16})) == {"create": ["pg_a"]}


def test_a_drop_makes_room_for_a_new_slot():
    steps = plan([listed("pg_b")], [lost()], policy(), {**PG15, "max_replication_slots": 1})
    assert names(steps) == {"create": ["pg_b"], "drop": ["pg_a"]}


@pytest.mark.parametrize(
    ("version", "column", "there"),
    [
        (13, "two_phase", False),
        (14, "two_phase", True),
        (16, "inactive_since", False),
        (17, "inactive_since", True),
        (16, "invalidation_reason", False),
        (17, "synced", True),
    ],
)
def test_no_release_is_asked_for_columns_that_it_does_not_have(version, column, there):
    query = slot_queries.slots_query(version)
    used = [part for part in re.split(r",|\n", query) if column in part and f"NULL AS {column}" not in part]
    assert bool(used) is there


def test_statements_quote_what_they_are_given():
    odd = logical(plugin="it's")
    assert slot_queries.create(odd, 13) == "SELECT pg_create_logical_replication_slot('pg_a', 'it''s', false)"
    assert slot_queries.create(odd, 14).endswith("false, false)")
    assert slot_queries.create(listed(immediately_reserve=False), 15).endswith("('pg_a', false)")
    assert slot_queries.drop(lost()) == "SELECT pg_drop_replication_slot('pg_a')"


GONE = {"lost": False, "max_retained_bytes": None, "max_inactive_seconds": None, "unlisted": True}


@pytest.mark.parametrize("figures", [{}, {"retained_bytes": None, "restart_lsn": None}, {"wal_status": "lost"}])
def test_every_unlisted_slot_of_the_name_goes_where_its_standby_is_no_more(figures):
    steps = plan([listed("pg_b")], [existing("pg_a", **figures), existing("pg_b")], policy(purge=GONE), PG15)
    assert [(slot["name"], slot["reason"]) for slot in steps["drop"]] == [("pg_a", "not listed any more")]


@pytest.mark.parametrize("guarded", [{"active": True}, {"temporary": True}, {"synced": True}])
def test_a_guarded_slot_stays_even_then(guarded):
    assert plan([], [existing("pg_a", **guarded)], policy(purge=GONE), PG15)["drop"] == []
    assert plan([], [existing("backup_tool")], policy(purge=GONE, managed_pattern="pg_a"), PG15)["drop"] == []
