# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's members are checked as a whole before anything is touched."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import InventoryError, members_of


def inventory(**changes):
    hostvars = {
        "db01": {"ansible_host": "198.18.0.12"},
        "pg-main": {"postgres_machine": "db01", "postgres_port": 5432},
        "pg-replica1": {"postgres_machine": "db01", "postgres_port": 5433},
    }
    for name, variables in changes.items():
        hostvars.setdefault(name.replace("_", "-"), {}).update(variables)
    return hostvars


def members(hostvars, names=("pg-main", "pg-replica1"), initial=("pg-main",)):
    return members_of(list(names), hostvars, ["db01"], {"version": 15}, list(initial))


def refusal(*args, **kwargs):
    with pytest.raises(InventoryError) as error:
        members(*args, **kwargs)
    return str(error.value)


def test_a_member_is_described_by_its_name_and_its_machine():
    assert members(inventory())[1] == {
        "name": "pg-replica1",
        "machine": "db01",
        "address": "198.18.0.12",
        "port": 5433,
        "version": 15,
        "cluster": "pg_replica1",
        "slot": "pg_replica1",
        "data_directory": "/var/lib/postgresql/15/pg_replica1",
        "config_directory": "/etc/postgresql/15/pg_replica1",
        "initial_role": "standby",
    }


def test_an_adopted_cluster_keeps_its_own_directories():
    member = members(inventory(pg_main={"postgres_cluster": "main", "postgres_data_directory": "/srv/pg"}))[0]
    assert (member["cluster"], member["data_directory"]) == ("main", "/srv/pg")
    assert member["config_directory"] == "/etc/postgresql/15/main"
    assert member["slot"] == "pg_main"


def test_numbers_may_be_given_as_text():
    text = inventory(pg_main={"postgres_version": "15"}, pg_replica1={"postgres_port": "65535"})
    assert [(member["port"], member["version"]) for member in members(text)] == [(5432, 15), (65535, 15)]


def test_machine_address_wins_over_the_address_that_ansible_uses():
    assert members(inventory(db01={"machine_address": "10.0.0.2"}))[0]["address"] == "10.0.0.2"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pg_replica1": {"postgres_port": 5432}}, "pg-replica1: port 5432 of db01 is already pg-main's"),
        ({"pg_replica1": {"postgres_port": "x"}}, "postgres_port is 'x', expected an integer from 1 to 65535"),
        ({"pg_replica1": {"postgres_port": 0}}, "postgres_port is 0, expected an integer"),
        ({"pg_replica1": {"postgres_port": 65536}}, "postgres_port is 65536, expected an integer"),
        ({"pg_replica1": {"postgres_machine": "db9"}}, "postgres_machine is 'db9', expected one of the group machines"),
        ({"pg_main": {"postgres_version": 12}}, "postgres_version is 12, expected one of 14, 15, 16, 17, 18"),
        ({"pg_main": {"postgres_version": 16}}, "members differ in postgres_version (15, 16)"),
        (
            {"pg_replica1": {"postgres_data_directory": "/var/lib/postgresql/15/pg_main"}},
            "data directory /var/lib/postgresql/15/pg_main of db01 is already pg-main's",
        ),
        (
            {"pg_replica1": {"postgres_cluster": "pg_main", "postgres_data_directory": "/srv/other"}},
            "cluster 15/pg_main of db01 is already pg-main's",
        ),
        (
            {"pg_replica1": {"postgres_cluster": "my-cluster"}},
            "postgres_cluster is 'my-cluster', expected letters, digits, _ and . only",
        ),
    ],
)
def test_a_contradiction_is_refused_with_found_and_expected(changes, expected):
    assert expected in refusal(inventory(**changes))


def test_names_that_give_the_same_slot_are_refused():
    hostvars = inventory()
    hostvars["pg_main"] = {"postgres_machine": "db01", "postgres_port": 5440}
    assert "slot name pg_main is already pg-main's" in refusal(hostvars, names=("pg-main", "pg_main"))


def test_a_name_that_cannot_be_a_slot_is_refused():
    hostvars = inventory()
    hostvars["PG.Main"] = {"postgres_machine": "db01", "postgres_port": 5440}
    assert "rename the inventory host" in refusal(hostvars, names=("pg-main", "PG.Main"))


@pytest.mark.parametrize("initial", [(), ("pg-main", "pg-replica1")])
def test_the_first_run_has_exactly_one_primary(initial):
    assert "expected exactly one" in refusal(inventory(), initial=initial)


def test_every_contradiction_is_named_at_once():
    message = refusal(
        inventory(pg_replica1={"postgres_port": 5432, "postgres_machine": "db9"}, pg_main={"postgres_version": 9})
    )
    assert message.count("\n- ") >= 2
