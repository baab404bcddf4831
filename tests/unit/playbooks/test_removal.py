# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that remove something, and the list of what is left, run with --check on this machine: what the plays hand to the plans."""

from __future__ import annotations

import sys

import pytest
from support.helpers.plays import check_here


@pytest.fixture
def stacks(tmp_path):
    """Stacks of production and staging, and their routes."""
    for name in ("production", "staging"):
        (tmp_path / "stacks" / name / "storage").mkdir(parents=True)
        (tmp_path / "stacks" / name / f"docker-compose.{name}.yml").write_text("services: {}\n")
    routes = tmp_path / "stacks" / "traefik" / "dynamic"
    routes.mkdir(parents=True)
    (routes / "staging.yml").write_text("http: {}\n")
    return tmp_path / "stacks"


@pytest.fixture
def run(tmp_path, stacks):
    """A function that runs a playbook on two machines that are this one; gives its exit code and output."""
    variables = {
        "ansible_connection": "local",
        "ansible_become": False,
        "ansible_python_interpreter": sys.executable,
        "docker_host_base_directory": str(stacks),
        "docker_host_environments": {"production": {"domain": "example.com"}},
        # Stacks without a database, which a run that does not name its machines refuses.
        "lock_machines": ["app01", "db01"],
    }
    machines = {"app01": {"ansible_host": "192.0.2.1"}, "db01": {"ansible_host": "192.0.2.2"}}

    def run(name, *options, members=(), docker_hosts=("app01", "db01"), **more):
        inventory = {"all": {"vars": {**variables, **more}}, "machines": {"hosts": machines}}
        inventory["docker_hosts"] = {"hosts": {name: {} for name in docker_hosts}}
        for number, member in enumerate(members):
            group = "postgres_replica" if number else "postgres_primary"
            host = {"postgres_machine": "db01", "postgres_port": 5432 + number}
            host["postgres_data_directory"] = str(tmp_path / member)
            inventory.setdefault(group, {"hosts": {}})["hosts"][member] = host
        if members:
            inventory["postgres"] = {"children": {group: {} for group in inventory if group.startswith("postgres_")}}
        return check_here(tmp_path, name, inventory, *options)

    return run


def files(directory):
    return sorted(path for path in directory.rglob("*") if path.is_file())


def test_what_no_inventory_names_is_listed_with_its_command(run):
    code, said = run("leftovers")
    assert code == 0 and "changed=0" in said, said
    assert "staging, an environment: routes on app01, db01; stack on app01, db01" in said, said
    assert "playbooks/remove_environment.yml -e remove_environment=staging" in said
    assert "production, an environment" not in said


def test_the_plan_is_printed_and_nothing_is_done(run, stacks):
    before = files(stacks)
    code, said = run("remove_environment", "-e", "remove_environment=staging")
    assert code == 0, said
    assert "goes: its containers and networks" in said and "stays: the backups in the bucket" in said
    assert files(stacks) == before
    assert "Remove the files of the stack" in said
    # Where its variables went in a run that was killed, its containers went before.
    assert "Remove the containers, and the network" not in said


def test_what_somebody_else_has_by_this_name_is_not_touched(run, stacks):
    (stacks / "ghost").mkdir()
    (stacks / "ghost" / ".env").write_text("A=1\n")
    code, said = run("remove_environment", "-e", "remove_environment=ghost", "-e", "remove_volumes=ghost")
    assert code == 0 and "nothing: app01, db01 have nothing of ghost" in said, said
    assert "changed=0" in said and "changed=1" not in said, said
    assert "Remove the application's files" not in said and "Remove the routes" not in said


@pytest.mark.parametrize(
    ("options", "variables", "expected"),
    [
        ([], {}, "remove_environment is '', expected the name of an environment"),
        (["-e", "remove_environment=production"], {}, "it is this inventory's own environment"),
        (["-e", "remove_environment=traefik"], {}, "remove_environment is traefik, which the machines have"),
        (["-e", "remove_environment=staging"], {"docker_hosts": ["app01"]}, "db01 has"),
        (
            ["-e", "remove_environment=staging", "--limit=app01,localhost"],
            {"machine_owned": False, "pgbouncer_environments": {"staging": {"database": "shop"}}},
            "the inventory still names it",
        ),
    ],
)
def test_it_is_refused_before_anything_is_asked_of_a_service(run, options, variables, expected):
    code, said = run("remove_environment", *options, **variables)
    assert code != 0 and expected in said, said
    assert "changed=0" in said and "Back up first" not in said
    if "machine_owned" in variables:
        assert "belong to another inventory" in said and "found --limit, expected none" in said


@pytest.mark.parametrize(
    ("member", "expected"),
    [("pg-main", "it is the primary: switch over first"), ("pg-replica1", "the inventory still names it")],
)
def test_a_member_that_the_inventory_names_is_refused(run, member, expected):
    code, said = run("remove_member", "-e", f"remove_member={member}", members=["pg-main", "pg-replica1"])
    assert code != 0 and expected in said, said
    assert "changed=0" in said and "Stop it" not in said
