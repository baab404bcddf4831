# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of one to five machines: a good one is taken, and each mutation of it is named as what it is."""

from __future__ import annotations

import copy
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.hosts import ownership_problems, problems
from ansible_collections.plannerate.infra.plugins.module_utils._inventory.names import _OWN_ROLES
from ansible_collections.plannerate.infra.plugins.module_utils._inventory.names import problems as name_problems
from ansible_collections.plannerate.infra.plugins.plugin_utils._specifications import GROUPS, options

ALL = {name: option for role in GROUPS for name, option in options(role).items()}


@st.composite
def inventories(draw):
    """(variables of each host, groups): names, addresses, ports and groups that are there or not."""
    machines = [f"m{number}" for number in range(draw(st.integers(1, 5)))]
    addresses = draw(st.lists(st.ip_addresses().map(str), min_size=len(machines), max_size=len(machines), unique=True))
    database = draw(st.sampled_from(["shop", "Plannerate", "2024app", "order", "shop_ro"]))
    common = {
        "machine_authority": draw(st.sampled_from(machines)),
        "postgres_primary_databases": [{"name": database, "owner": draw(st.sampled_from(["shop", "App", "_a1"]))}],
        "pgbouncer_environments": {"production": {"database": database}},
        "s3_backup_schedule": draw(st.sampled_from(["daily", "*-*-* 02:30:00", "Sun 03:00"])),
        "postgres_clients": draw(st.lists(st.ip_addresses().map(str), max_size=2)),
    }
    hosts = {name: {**copy.deepcopy(common), "ansible_host": address} for name, address in zip(machines, addresses)}
    members = {f"pg-{number}": {**copy.deepcopy(common), "postgres_machine": machines[0]} for number in range(3)}
    groups = {"machines": machines, "postgres": list(members)}
    if draw(st.booleans()):
        groups["pgbouncers"] = [draw(st.sampled_from(machines))]
        if draw(st.booleans()):
            groups["docker_hosts"] = [draw(st.sampled_from(machines))]
    if draw(st.booleans()):
        groups["s3_backups"] = [machines[0]]
    return {**hosts, **members}, groups


def every(hosts, **variables):
    for given_ in hosts.values():
        given_.update(copy.deepcopy(variables))


MUTATIONS = {
    "authority": (None, lambda hosts: every(hosts, machine_authority="nobody"), "machine_authority is nobody"),
    "port": (None, lambda hosts: every(hosts, ansible_port=2222), "ansible_port is 2222"),
    "name of a machine": (
        None,
        lambda hosts: hosts["m0"].update(ansible_host="db01.example.com"),
        "ansible_host of m0 is",
    ),
    "client": (None, lambda hosts: every(hosts, postgres_clients=["app01"]), "postgres_clients has app01"),
    "schedule": (
        "s3_backups",
        lambda hosts: every(hosts, s3_backup_schedule="at two"),
        "s3_backup_schedule is 'at two'",
    ),
    "schedule of physical backups": (
        "s3_backups",
        lambda hosts: every(hosts, s3_backup_physical_schedule="*-*-* */6:00"),
        "s3_backup_physical_schedule is '*-*-* */6:00'",
    ),
    "schedule of full ones": (
        "s3_backups",
        lambda hosts: every(hosts, s3_backup_physical_full_schedule="Sat..Mon 01:00"),
        "s3_backup_physical_full_schedule is 'Sat..Mon 01:00'",
    ),
    "recipient": (
        "s3_backups",
        lambda hosts: every(hosts, s3_backup_recipients=["age1x"]),
        "s3_backup_recipients has age1x",
    ),
    "pool": (
        "pgbouncers",
        lambda hosts: every(hosts, pgbouncer_environments={"production": {"database": "x"}}),
        "database is x",
    ),
    "owner": (
        None,
        lambda hosts: every(hosts, postgres_primary_databases=[{"name": "shop", "owner": "a-b"}]),
        "owner is a-b",
    ),
}


@given(inventories())
def test_a_good_one_is_taken(inventory):
    assert problems(*inventory) == {}


@given(inventories())
def test_backups_before_migrations_need_somebody_who_makes_them(inventory):
    hosts, groups = inventory
    every(hosts, docker_host_backup_before_migration=True)
    wanted = groups.get("docker_hosts") and not groups.get("s3_backups")
    found = list(problems(hosts, groups))
    assert ["docker_host_backup_before_migration is true and the group" in text for text in found] == [True] * bool(
        wanted
    )


@pytest.mark.parametrize("mutation", MUTATIONS)
@given(inventories())
def test_a_mutation_is_named(mutation, inventory):
    group, change, words = MUTATIONS[mutation]
    hosts, groups = inventory
    if group:
        groups[group] = ["m0"]
    change(hosts)
    found = problems(hosts, groups)
    assert any(words in text for text in found)
    # The owner's mutation also changes the database, which its pool does not follow.
    assert len(found) == 1 or mutation == "owner"


@pytest.mark.parametrize(
    ("groups", "named"),
    [
        ({}, ""),
        ({"docker_hosts": ["app01"]}, ""),
        ({"docker_hosts": ["app01"], "postgres": ["pg-main"]}, "app01 db01"),
        ({"docker_hosts": ["app01"], "pgbouncers": ["db01"]}, "app01 db01"),
        ({"postgres": ["pg-main"]}, "db01"),
        ({"monitoring": ["db01"]}, "app01 db01 jump"),
        ({"log_servers": ["app01"]}, "app01 db01 jump"),
    ],
)
def test_a_machine_whose_address_nobody_uses_may_have_a_name(groups, named):
    machines = {name: {"ansible_host": f"{name}.example.com"} for name in ("app01", "db01", "jump")}
    found = problems({**machines, "pg-main": {"postgres_machine": "db01"}}, {"machines": list(machines), **groups})
    assert sorted(hosts[0] for text, hosts in found.items() if "expected an IP address" in text) == named.split()


PARTS = {
    "postgres": ["pg-main"],
    "pgbouncers": ["app01"],
    "docker_hosts": ["app01"],
    "s3_backups": ["db01"],
    "monitoring": ["app01"],
    "log_servers": ["app01"],
}


def grouped(left_out, **groups):
    """What is wrong with the groups of an inventory that leaves out parts."""
    addresses = {"app01": {"ansible_host": "10.0.0.1"}, "db01": {"ansible_host": "10.0.0.2"}}
    there = {name: hosts for name, hosts in {**PARTS, **groups}.items() if name not in left_out}
    return list(
        problems({**addresses, "pg-main": {"postgres_machine": "db01"}}, {"machines": list(addresses), **there})
    )


@pytest.mark.parametrize("number", range(len(PARTS) + 1))
def test_every_part_may_be_left_out_but_not_what_another_one_needs(number):
    for left_out in itertools.combinations(PARTS, number):
        there = PARTS.keys() - set(left_out)
        wanted = [("docker_hosts", "pgbouncers"), ("pgbouncers", "postgres"), ("s3_backups", "postgres")]
        wanted.append(("log_servers", "docker_hosts"))
        missing = [
            f"{group} has hosts and the group {need} has none"
            for group, need in wanted
            if group in there and need not in there
        ]
        found = grouped(left_out)
        assert len(found) == len(missing) and all(any(words in text for text in found) for words in missing), left_out


def test_backups_are_made_where_a_restore_finds_a_member():
    (found,) = grouped([], s3_backups=["app01", "db01"])
    assert "s3_backups has app01, which has no member" in found and "Write: s3_backups: {hosts: {db01: }}" in found


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        (["app01", "db01"], "status has app01, db01, expected one machine"),
        (["pg-main"], "status has pg-main, which is not in machines"),
    ],
)
def test_there_is_one_status_page_and_it_is_on_a_machine(pages, words):
    (found,) = grouped([], status=pages)
    assert words in found
    assert grouped([], status=["db01"]) == []


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        (["app01", "db01"], "log_servers has app01, db01, expected one machine"),
        (["db01"], "log_servers has db01, which is not in docker_hosts"),
    ],
)
def test_there_is_one_log_server_and_it_has_an_engine(servers, words):
    (found,) = grouped([], log_servers=servers)
    assert words in found and "Write: log_servers: {hosts: {app01: }}" in found


def test_every_machine_has_an_address_or_a_name():
    assert "app01 has no address" in "".join(
        problems({"app01": {}}, {"machines": ["app01"], "docker_hosts": ["app01"]})
    )


@pytest.mark.parametrize(
    "text", ["AGE-SECRET-KEY-1DONOTSHOW", "age-secret-key-1donotshow", "# key\nAGE-SECRET-KEY-1DONOTSHOW"]
)
def test_the_private_half_of_a_key_is_not_shown(text):
    hosts = {"m0": {"ansible_host": "10.0.0.1", "s3_backup_recipients": [text]}}
    groups = {"machines": ["m0"], "postgres": ["pg-main"], "s3_backups": ["m0"]}
    found = list(problems({**hosts, "pg-main": {"postgres_machine": "m0"}}, groups))
    assert len(found) == 1 and "s3_backup_recipients has a private key" in found[0]
    assert "donotshow" not in found[0].lower()


@pytest.mark.parametrize(
    "owner", ["postgres", "a-b", "pg_monitor", "public", "1shop", "replicator", "clients", "backup_shop", ""]
)
def test_an_owner_that_is_somebody_else_is_refused(owner):
    (found,) = name_problems({"postgres_primary_databases": [{"name": "shop", "owner": owner}]})
    assert f"owner is {owner}" in found


def test_the_roles_that_no_owner_may_be_have_their_own_defaults():
    assert {name: ALL[name]["default"] for name in _OWN_ROLES} == _OWN_ROLES


@pytest.mark.parametrize("name", ["postgres", "template1", "pgbouncer", "a b", 'a"b', "ü", "", "x" * 64])
def test_a_database_that_cannot_be_is_refused(name):
    (found,) = name_problems({"postgres_primary_databases": [{"name": name, "owner": "shop"}]})
    assert "no name for a database here" in found


def test_two_owners_would_share_a_password():
    databases = [{"name": "one", "owner": "shop"}, {"name": "two", "owner": "Shop"}, {"name": "three", "owner": "shop"}]
    (found,) = name_problems({"postgres_primary_databases": databases})
    assert "both would have one password" in found


@pytest.mark.parametrize(
    ("owners", "count"),
    [
        ({"a": {"10.0.0.1": True}, "b": {"10.0.0.1": False}}, 0),
        ({"a": {"10.0.0.1": True}, "b": {"10.0.0.2": True}}, 0),
        ({"a": {"10.0.0.1": True}, "b": {"10.0.0.1": True}}, 1),
        ({"a": {"10.0.0.1": False}, "b": {"10.0.0.1": False}}, 1),
    ],
)
def test_a_machine_has_one_owner(owners, count):
    assert len(ownership_problems(owners)) == count
