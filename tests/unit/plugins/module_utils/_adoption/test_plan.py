# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else set up is taken over only when it is asked for, and only where nothing would be lost by it."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._adoption.checks import problems
from ansible_collections.plannerate.infra.plugins.module_utils._adoption.plan import (
    foreign,
    kept_settings,
    overrides,
    plan,
    rules,
)


def member(name, cluster, port):
    return {
        "name": name,
        "machine": "db01",
        "port": port,
        "version": 15,
        "cluster": cluster,
        "slot": name.replace("-", "_"),
        "data_directory": f"/var/lib/postgresql/15/{cluster}",
        "config_directory": f"/etc/postgresql/15/{cluster}",
    }


MEMBERS = [member("pg-main", "main", 5432), member("pg-replica1", "replica1", 5433)]
TOPOLOGY = {"primary": "pg-main", "errors": []}
MANY_SLOTS = {"max_replication_slots": 40}


def running(**settings):
    return {name: {"shown": value, "unit": None} for name, value in settings.items()}


def answer(role="primary", port=5432, **others):
    return {
        "state": "running",
        "role": role,
        "port": port,
        "managed": False,
        "config_present": True,
        "service_active": True,
        "wal_receiver": {"status": "streaming"} if role == "standby" else None,
        "adopted_rules": ["local all postgres peer", "host all all 10.0.0.0/8 md5"],
        "auto_conf": [],
        "file_settings": {"port": str(port), "timezone": "UTC", "max_connections": "100"},
        "restart_settings": running(max_connections="120", unix_socket_directories="/var/run/postgresql"),
        "settings": {"max_replication_slots": 10},
        "roles": ["postgres", "app"],
        "md5_roles": [],
        "slots": [],
        "clients": ["198.18.0.11"],
        **others,
    }


def answers(primary=None, standby=None):
    return {
        "pg-main": answer(**(primary or {})),
        "pg-replica1": answer("standby", 5433, **(standby or {})),
    }


def options(**others):
    return {
        "adopt": True,
        "rules": "keep",
        "owned": True,
        "roles": {"postgres_replication_user": "replication", "postgres_client_role": "clients"},
        "sources": ["198.18.0.12", "198.18.0.11"],
        "max_replication_slots": 10,
        "wal_level": "replica",
        **others,
    }


def found(given=None, machines=None, topology=None, members=None, **others):
    given = answers() if given is None else given
    return problems(members or MEMBERS, given, topology or TOPOLOGY, machines or {}, options(**others))


def managed(**others):
    return answers({"managed": True, **others}, {"managed": True})


def test_what_somebody_else_set_up_is_told_from_what_has_no_data_and_from_the_collections_own():
    given = answers({"managed": True}, {})
    given["pg-new"] = {"managed": False, "state": "no_data"}
    given["pg-bare"] = {"managed": None, "state": "running"}
    assert foreign(given) == ["pg-replica1"]


@pytest.mark.parametrize("state", ["running", "stopped", "unresponsive"])
def test_data_that_nobody_answers_for_are_somebody_elses_too(state):
    assert foreign({"pg-main": {"managed": False, "state": state}}) == ["pg-main"]


def test_it_is_adopted_when_that_is_asked_for():
    assert found() == []


def test_it_is_refused_without_the_word_for_it():
    (message,) = found(adopt=False)
    assert "pg-main (15/main on db01:5432), pg-replica1 (15/replica1 on db01:5433)" in message
    assert "-e postgres_adopt=true" in message


def test_an_ordinary_cluster_needs_no_word():
    assert found(managed(), adopt=False) == []


def test_only_the_owner_adopts():
    assert "from the inventory that owns the machines" in found(owned=False)[0]


def test_a_topology_without_a_decision_has_the_word():
    assert found(topology={"primary": None, "errors": ["two primaries"]}) == []


@pytest.mark.parametrize(
    ("primary", "standby", "expected"),
    [
        ({"port": 5440}, {}, "its server listens on port 5440, the inventory says 5432"),
        ({"service_active": False}, {}, "was not started as postgresql@15-main"),
        ({"roles": ["replication"]}, {}, "Set postgres_replication_user to another name"),
        ({"roles": ["clients"]}, {}, "Set postgres_client_role to another name"),
        ({"slots": [{"name": "l", "type": "logical"}]}, {}, "would not start again with wal_level replica"),
        ({"settings": {"max_replication_slots": 0}}, {}, "0 replication slots exist and 1 more are needed"),
        ({"restart_settings": running(unix_socket_directories="/tmp")}, {}, "expected /var/run/postgresql among them"),
        ({"clients": ["10.1.2.3"]}, {}, "clients are connected from 10.1.2.3"),
        ({}, {"clients": ["fd00::7"]}, "clients are connected from fd00::7"),
        ({}, {"state": "stopped"}, "pg-replica1: its server is stopped"),
        ({}, {"wal_receiver": None}, "it does not stream from its primary"),
    ],
)
def test_what_would_go_wrong_is_refused_before_anything_is_changed(primary, standby, expected):
    messages = found(answers(primary, standby))
    assert len(messages) == 1
    assert expected in messages[0]


def test_the_collections_own_roles_are_known_when_it_was_adopted_before():
    assert found(answers({"roles": ["replication", "clients"], "marker": "77"})) == []


def test_a_standby_that_was_left_out_is_adopted_beside_the_collections_own_primary():
    assert found(answers({"managed": True, "roles": ["replication", "clients"]})) == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "198.18.0.12", "198.18.0.11"])
def test_clients_that_are_let_in_are_no_reason_to_refuse(address):
    assert found(answers({"clients": [address]})) == []


def test_networks_let_in_their_addresses_and_names_are_refused():
    assert found(answers({"clients": ["10.1.2.3"]}), sources=["10.1.0.0/16", "fd00::/8", "198.18.0.11"]) == []
    assert "'app01' does not appear to be an IPv4 or IPv6 network" in found(sources=["app01"])[0]


def test_slots_of_the_members_that_are_there_need_no_room():
    slots = [{"name": "pg_replica1", "type": "physical"}]
    assert found(answers({"slots": slots, "settings": {"max_replication_slots": 1}})) == []


def test_slots_need_room_after_the_next_restart_too():
    """The server has more room now than the role would leave it: it would not start again."""
    given = answers({"slots": [{"name": f"s{n}", "type": "physical"} for n in range(10)], "settings": MANY_SLOTS})
    assert "10 replication slots exist and 1 more are needed" in found(given)[0]
    assert found(given, max_replication_slots="11") == []


@pytest.mark.parametrize(("rule", "count"), [("keep", 0), ("drop", 1)])
def test_rules_are_not_dropped_in_the_run_that_adopts(rule, count):
    assert len(found(rules=rule)) == count


def test_rules_are_not_dropped_while_passwords_need_them():
    assert "the passwords of app are kept as MD5" in found(managed(md5_roles=["app"]), rules="drop")[0]
    assert found(managed(md5_roles=[]), rules="drop") == []
    assert found(managed(md5_roles=["app"]), rules="keep") == []
    dropped = {"managed": True, "adopted_rules": None}
    assert found(answers({**dropped, "md5_roles": ["app"]}, dropped), rules="drop") == []


def test_an_unknown_word_for_the_rules_is_refused():
    assert "postgres_adopted_rules is 'purge', expected keep or drop" in found(rules="purge")[0]


CLUSTER = {"version": 15, "cluster": "main", "port": 5432, "data_directory": "/srv/pg"}


def test_a_cluster_on_a_members_port_is_not_passed_over():
    """Whoever forgets to name the cluster would else get a second, empty one."""
    members = [dict(MEMBERS[0], cluster="pg_main", data_directory="/var/lib/postgresql/15/pg_main"), MEMBERS[1]]
    given = {"pg-main": {"state": "no_data"}, "pg-replica1": {"state": "no_data"}}
    (message,) = found(given, {"db01": {"clusters": [CLUSTER]}}, members=members)
    assert "set postgres_cluster to main" in message
    assert found(given, {"db01": {"clusters": [dict(CLUSTER, port=5499)]}}, members=members) == []
    assert found(given, {"db02": {"clusters": [CLUSTER]}}, members=members) == []


def test_a_cluster_whose_data_is_elsewhere_is_not_passed_over():
    given = {"pg-main": {"state": "no_data"}, "pg-replica1": {"state": "no_data"}}
    (message,) = found(given, {"db01": {"clusters": [CLUSTER]}})
    assert "Set postgres_data_directory to /srv/pg" in message
    elsewhere = {"db01": {"clusters": [dict(CLUSTER, data_directory="/var/lib/postgresql/15/main/")]}}
    assert found(given, elsewhere) == []
    slash = [dict(MEMBERS[0], data_directory="/var/lib/postgresql/15/main/"), MEMBERS[1]]
    assert found(given, elsewhere, members=slash) == []


def test_members_that_change_their_ports_are_not_in_each_others_way():
    given = {"pg-main": {"state": "no_data"}, "pg-replica1": {"state": "no_data"}}
    cluster = dict(CLUSTER, cluster="replica1", data_directory="/var/lib/postgresql/15/replica1")
    assert found(given, {"db01": {"clusters": [cluster]}}) == []


def test_a_server_that_is_not_of_debians_kind_is_refused():
    (message,) = found(answers({"config_present": False, "managed": None}, {"managed": True}))
    assert "there is no /etc/postgresql/15/main/postgresql.conf" in message


def test_a_members_own_rules_come_first_then_what_only_others_have():
    given = answers({}, {"adopted_rules": ["local  all  postgres  peer", "host all all 127.0.0.1/32 scram-sha-256"]})
    assert rules(given, "pg-replica1") == [
        "local  all  postgres  peer",
        "host all all 127.0.0.1/32 scram-sha-256",
        "host all all 10.0.0.0/8 md5",
    ]
    assert rules(given, "pg-main")[:2] == given["pg-main"]["adopted_rules"]


def test_settings_that_the_collection_does_not_set_stay():
    assert kept_settings(answer(), {"max_connections": 150}) == {"timezone": "UTC"}


def test_what_would_win_over_the_collections_settings_is_reset_and_nothing_else():
    given = answer(auto_conf=["max_connections", "primary_conninfo", "primary_slot_name", "log_statement"])
    assert overrides(given, {"max_connections": 150}) == ["max_connections", "primary_conninfo", "primary_slot_name"]


def test_the_plan_says_what_changes_now_and_what_waits_for_a_restart():
    given = answers(
        {
            "file_settings": {"work_mem": "4MB", "log_checkpoints": "ON", "max_connections": "100"},
            # PostgreSQL chooses it for -1: nobody can tell whether a restart would change it.
            "restart_settings": running(max_connections="120", wal_buffers="4MB"),
        }
    )
    settings = {"max_connections": 150, "work_mem": "8MB", "log_checkpoints": "on", "wal_buffers": "-1"}
    told = plan(MEMBERS[0], given, settings)
    assert told["changes settings"] == ["work_mem: 4MB becomes 8MB"]
    assert told["waits for a restart"] == ["max_connections: 120 becomes 150"]
    assert "2 rules of pg_hba.conf" in told["keeps"]
