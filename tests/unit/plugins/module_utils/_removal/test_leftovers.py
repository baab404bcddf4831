# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no inventory names is told with the command that removes it; what another inventory has is not told."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._removal.leftovers import leftovers

NAMED = {
    "environments": ["production"],
    "databases": ["shop_production"],
    "members": {"pg-main": "db01", "pg-replica1": "db01"},
}
TOPOLOGY = {
    "primary": "pg-main",
    "system_identifier": "757",
    "roles": {"pg-main": "primary", "pg-replica1": "standby"},
}


def machine(*kinds, environment="staging", members=(), databases=()):
    return {
        "traces": [{"environment": environment, "kind": kind, "path": "/x"} for kind in kinds],
        "databases": {environment: [*databases]} if databases else {},
        "owners": {},
        "members": [*members],
    }


def member(name="pg-replica2", **others):
    found = {"name": name, "slot": name.replace("-", "_"), "data_directory": "/data", "running": True}
    found |= {"version": 15, "cluster": name.replace("-", "_")}
    return {**found, "system_identifier": "757", **others}


def answers(*slots, standby=(), databases=("shop_production", "shop_staging")):
    def found(names):
        return [{"name": name, "type": kind, "active": active} for name, kind, active in names]

    return {
        "pg-main": {"databases": [*databases], "slots": found(slots)},
        "pg-replica1": {"databases": [], "slots": found(standby)},
    }


ANSWERS = answers()


def left(machines, answers=None, named=None, topology=None):
    return leftovers(machines, named or NAMED, topology or TOPOLOGY, answers or ANSWERS)


ALL = ("expectations", "probes", "routes", "stack", "pools", "timers", "backups", "files")


def test_an_environment_is_one_sentence_with_all_that_it_has():
    (line,) = left(
        {"app01": machine("stack", "routes", "files"), "db01": machine("pools", "backups", databases=["shop_staging"])}
    )
    assert line.startswith("staging, an environment: routes on app01; stack on app01; pools on db01; ")
    assert "database shop_staging" in line and "playbooks/remove_environment.yml -e remove_environment=staging" in line
    for word in ("remove_volumes=staging", "remove_backup_key=staging", "remove_database=shop_staging"):
        assert f"-e {word}" in line


def test_what_an_inventory_names_is_not_left():
    assert left({"app01": machine(*ALL, environment="production"), "db01": machine(environment="production")}) == []


@pytest.mark.parametrize("kind", ["stack", "routes", "pools"])
def test_what_the_common_lists_would_name_is_left(kind):
    assert len(left({"db01": machine(kind)})) == 1


@pytest.mark.parametrize("kind", ["expectations", "probes", "timers", "backups", "files"])
def test_what_may_be_another_inventorys_is_not_told_unless_its_removal_was_begun(kind):
    assert left({"db01": machine(kind)}) == []
    assert len(left({"app01": machine("removal"), "db01": machine(kind)})) == 1


def test_a_database_that_stayed_is_told_until_it_is_gone():
    kept = {"db01": machine("removal", databases=["shop_staging"])}
    assert "remove_database=shop_staging" in left(kept)[0]
    (line,) = left(kept, answers(databases=["shop_production"]))
    assert line == "staging, an environment: its roles. playbooks/remove_environment.yml -e remove_environment=staging"
    assert left({"db01": machine()}, answers(databases=["shop_production"])) == []


def test_what_a_restore_left_is_told_with_what_drops_it():
    copy, loaded = "shop_staging_restored_20260131t120000z", "restore_0123456789abcdef"
    there = answers(databases=["shop_production", "shop_production_before_20260131t120000z", copy, loaded])
    (first, second) = left({"db01": machine("removal", databases=["shop_staging"])}, there)
    assert f"database {copy}. " in first and f'DROP DATABASE "{copy}"' in first and "remove_database" not in first
    assert second.startswith(f"{loaded}, a database that a restore loaded") and f'DROP DATABASE "{loaded}"' in second


def test_a_database_that_another_environment_has_now_is_not_left():
    kept = {"db01": machine("removal", databases=["shop_production"])}
    assert left(kept) == []


@pytest.mark.parametrize(
    ("running", "state", "word"),
    [(True, "running", ""), (False, "stopped, with its data (/data)", " -e remove_data=pg-replica2")],
)
def test_a_member_that_went(running, state, word):
    (line,) = left({"db01": machine(members=[member(running=running)])})
    command = f"playbooks/remove_member.yml -e remove_member=pg-replica2{word}"
    assert line == f"pg-replica2, a member on db01: {state}. {command}"


@pytest.mark.parametrize("other", [member("pg-main"), member(system_identifier="8"), member(system_identifier=None)])
def test_a_member_that_is_named_or_of_another_cluster_is_not_left(other):
    assert left({"db01": machine(members=[other])}) == []


def test_a_member_that_moved_is_left_on_its_old_machine():
    (line,) = left({"db02": machine(members=[member("pg-replica1")]), "db01": machine(members=[member("pg-replica1")])})
    assert line.startswith("pg-replica1, a member on db02, but the inventory has it on db01")
    assert "(/data): pg_dropcluster --stop 15 pg_replica1" in line and "remove_member" not in line


def test_a_slot_is_told_with_its_member_and_else_by_itself():
    with_slot = answers(("pg_replica1", "physical", True), ("pg_replica2", "physical", False))
    assert len(left({"db01": machine(members=[member()])}, with_slot)) == 1
    (line,) = left({"db01": machine()}, with_slot)
    assert "pg_replica2, a slot on pg-main" in line and "remove_member=pg-replica2" in line


@pytest.mark.parametrize(
    "slot",
    [("pg_replica1", "physical", False), ("backup_tool", "physical", True), ("feed", "logical", False)],
    ids=["needed", "in use", "logical"],
)
def test_a_slot_that_somebody_needs_is_not_left(slot):
    assert left({"db01": machine()}, answers(slot)) == []


def test_a_slot_on_a_standby_that_is_a_members_name_is_dropped_by_hand():
    (line,) = left({"db01": machine()}, answers(standby=[("pg_main", "physical", False)]))
    assert "SELECT pg_drop_replication_slot('pg_main') on pg-replica1" in line and "remove_member" not in line


def test_without_postgresql_there_are_environments_only():
    found = {"app01": machine("stack", members=[member()])}
    assert len(leftovers(found, NAMED, {}, {})) == 1


def test_a_member_that_does_not_answer_has_nothing_to_tell():
    assert left({"db01": machine()}, {"pg-main": None, "pg-replica1": {"databases": None, "slots": None}}) == []
