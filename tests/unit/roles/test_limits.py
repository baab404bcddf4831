# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may reach the members, and with how many connections, as the roles' variables put it together."""

from __future__ import annotations

import json

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play, values_of_role

OLD_RULES = {"pg-main": {"adopted_rules": ["host all all all md5"]}}


def test_the_run_that_drops_old_rules_refuses_docker_hosts_as_every_later_run_does(tmp_path):
    def asked(**variables):
        return ("_postgres_adopted | bool", {"_postgres_adopting": False, "postgres_answers": OLD_RULES, **variables})

    assert values_of_role(
        tmp_path,
        "postgres",
        asked(),
        asked(postgres_adopted_rules="drop"),
        asked(postgres_adopted_rules="drop", postgres_adopt=True),
        asked(postgres_answers={"pg-main": {"adopted_rules": None}}),
    ) == [True, False, True, False]


@pytest.mark.parametrize("machine_address", [{}, {"machine_address": "10.0.0.1"}])
def test_a_docker_host_has_the_addresses_that_it_has(tmp_path, machine_address):
    hosts = {
        "all": {
            "hosts": {"localhost": {}},
            "children": {"docker_hosts": {"hosts": {"app01": machine_address}}, "pgbouncers": {"hosts": {"db01": {}}}},
        }
    }
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps(hosts))
    variables = {"_postgres_adopted": False, "_postgres_machines": ["db01"]}
    (found,) = values_of_role(tmp_path, "postgres", ("_postgres_pooled_addresses", variables), inventory=str(inventory))
    assert found == {"app01": list(machine_address.values())}


def test_the_members_hosts_and_pgbouncers_agree_on_the_limits(tmp_path):
    """What stands in group_vars/pgbouncers.yml counts on a member's host, and a plan that does not fit is refused there."""
    pooler = {
        "pgbouncer_pool_size_session": 0,
        "pgbouncer_environments": {"production": {"database": "shop", "pool_size": 30}},
    }
    children = {"pgbouncers": {"hosts": {"db01": pooler}}}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"localhost": {}}, "children": children}}))
    variables = {"postgres_primary_databases": [{"name": "shop", "owner": "prod"}], "postgres_max_connections": 150}
    found, refused = values_of_role(
        tmp_path,
        "pgbouncer",
        ("_pgbouncer_owner_limits", variables),
        ("_pgbouncer_owner_limits", {**variables, "postgres_max_connections": 79}),
        inventory=str(inventory),
    )
    assert found == {"connections": {"prod": 29 + 29 + 2}, "errors": []}
    assert "the pools take 60 server connections" in refused["errors"][0]


def test_an_owners_first_limit_is_compared_with_its_sessions(tmp_path):
    variables = {
        "postgres_primary_databases": [
            {"name": "shop", "owner": "prod"},
            {"name": "test", "owner": "stag", "connections": 9},
        ],
        "pgbouncer_owner_limits": {"connections": {"prod": 54, "stag": 9}, "errors": []},
        "postgres_answer": {
            "roles": ["prod", "stag"],
            "role_connections": {"prod": {"limit": -1, "sessions": 60}, "stag": {"limit": -1, "sessions": 60}},
        },
        "postgres_kept_rules": [],
        "postgres_primary_temp_file_limit": "10GB",
    }
    (error,), kept = values_of_role(
        tmp_path,
        "postgres_primary",
        ("_postgres_primary_problems", variables),
        (
            "[_postgres_primary_problems, _postgres_primary_limits.connections]",
            {**variables, "postgres_kept_rules": ["old"]},
        ),
    )
    assert error.startswith("prod: no limit to 54 connections, 60 sessions now")
    assert kept == [[], {}], "roles keep what they had as long as the old rules stay"


def test_no_pool_of_transactions_is_called_one_of_sessions(tmp_path):
    def asked(**entry):
        variables = {
            "pgbouncer_environments": {"production": {"database": "shop", **entry}},
            "postgres_primary_databases": [{"name": "shop", "owner": "prod"}],
            "postgres_tls_directory": "/tls",
        }
        return "_pgbouncer_client_environment.DB_DATABASE_SESSION | default(none)", variables

    pooler = {"pgbouncers": {"hosts": {"db01": {"ansible_host": "192.0.2.1"}}}}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"localhost": {}}, "children": pooler}}))
    assert values_of_role(
        tmp_path,
        "pgbouncer",
        asked(),
        asked(pool_size_session=0),
        asked(pool_size_session=0, pool_mode="session"),
        inventory=str(inventory),
    ) == ["shop_session", None, "shop"]


@pytest.mark.parametrize(("owner", "said"), [("", True), ("prod", False)])
def test_an_environment_without_a_known_owner_is_named(tmp_path, owner, said):
    tasks = yaml.safe_load((ROOT / "roles/pgbouncer/tasks/preflight.yml").read_text())
    variables = {"_pgbouncer_owner": owner, "_pgbouncer_database": "shop", "pgbouncer_environment": "production"}
    named = [task for task in tasks if task["name"] == "Show an environment whose owner is not known"]
    code, output = run_play(
        tmp_path, {"hosts": "localhost", "vars": variables, "tasks": named}, "--inventory=localhost,"
    )
    assert (code, len(named)) == (0, 1), output
    assert ("postgres_primary_databases has no database shop" in output) == said


def test_members_and_poolers_notice_a_lost_peer_alike():
    settings = yaml.safe_load((ROOT / "roles/postgres/vars/main/settings.yml").read_text())["_postgres_fixed_settings"]
    pooler = yaml.safe_load((ROOT / "roles/pgbouncer/vars/main.yml").read_text())["_pgbouncer_fixed_settings"]
    assert [settings.get(f"tcp_keepalives_{name}") for name in ("idle", "interval", "count")] == [
        pooler[f"tcp_keep{name}"] for name in ("idle", "intvl", "cnt")
    ]
