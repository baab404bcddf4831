# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine's files tell which environments and members it has, and half a file or somebody else's tells nothing."""

from __future__ import annotations

import json

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.config_directory import MANAGED
from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import installed

FILES = {
    "pools": "etc/pgbouncer/environments/staging.ini",
    "backups": "etc/plannerate-backup/staging.json",
    "timers": "etc/systemd/system/plannerate-backup-drill@staging.timer",
    "expectations": "etc/monitoring/expected/staging.json",
    "probes": "etc/prometheus/probes-staging.yml",
    "removal": "var/lib/plannerate/removed/staging.json",
    "routes": "opt/stacks/traefik/dynamic/staging.yml",
    "stack": "opt/stacks/staging/docker-compose.staging.yml",
    "files": "opt/stacks/staging/storage/x",
}


@pytest.fixture
def machine(tmp_path):
    class Machine:
        def write(self, path, content="something"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content if isinstance(content, str) else json.dumps(content))

        def has(self):
            return installed("/opt/stacks", str(tmp_path))

        def kinds(self):
            return [(trace["environment"], trace["kind"]) for trace in self.has()["traces"]]

        def member(self, name="pg-replica2", main=MANAGED, cluster="pg_replica2", directory="15"):
            data = f"/var/lib/postgresql/15/{cluster}"
            place = f"etc/postgresql/{directory}/{cluster}"
            self.write(f"{place}/postgresql.conf", f"{main}\ndata_directory = '{data}'\nport = 5434\n")
            self.write(f"{place}/conf.d/50-settings.conf", f"cluster_name = '{name}'\n")
            return place, data.lstrip("/")

    return Machine()


@pytest.mark.parametrize("kind", FILES)
def test_each_thing_of_an_environment_is_found_by_itself(machine, kind):
    machine.write(FILES[kind])
    assert machine.kinds() == [("staging", kind)]


@pytest.mark.parametrize(
    "path",
    [
        "etc/monitoring/expected/machine.json",
        "opt/stacks/traefik/dynamic/_machine.yml",
        "opt/stacks/traefik/docker-compose.yml",
        "opt/stacks/notes/README",
        "opt/stacks/other/docker-compose.yml",
        "etc/systemd/system/plannerate-backup@.service",
        "etc/prometheus/prometheus.yml",
        "etc/pgbouncer/pgbouncer.ini",
    ],
)
def test_what_belongs_to_the_machine_or_to_somebody_else_is_no_environments(machine, path):
    machine.write(path)
    assert machine.kinds() == []


def test_an_empty_file_of_pools_only_keeps_a_place(machine):
    machine.write(FILES["pools"], "")
    assert machine.kinds() == []


def test_a_machine_with_nothing_has_nothing(machine):
    assert machine.has() == {"traces": [], "databases": {}, "owners": {}, "members": []}


def test_databases_are_told_by_pools_backups_and_a_removal_that_was_begun(machine):
    machine.write(FILES["pools"], "shop = host=a port=1 dbname=shop auth_user=x\nshop_ro = host=a dbname=shop\n")
    machine.write(FILES["backups"], {"databases": ["shop", "reports"]})
    machine.write(FILES["removal"], {"databases": ["old"], "owners": ["shop_owner"]})
    assert sorted(machine.has()["databases"]["staging"]) == ["old", "reports", "shop"]
    assert machine.has()["owners"] == {"staging": ["shop_owner"]}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"databases": null}', "null", "7"])
def test_half_a_file_tells_no_databases(machine, content):
    machine.write(FILES["backups"], content)
    assert machine.has()["databases"] == {}


def test_a_member_is_found_with_what_it_needs_to_be_asked_and_stopped(machine):
    place, data = machine.member()
    machine.write(f"{place}/system_identifier", "757\n")
    expected = {
        "name": "pg-replica2",
        "cluster": "pg_replica2",
        "slot": "pg_replica2",
        "version": 15,
        "port": 5434,
        "data_directory": "/var/lib/postgresql/15/pg_replica2",
        "system_identifier": "757",
        "running": False,
    }
    assert machine.has()["members"] == [expected]
    machine.write(f"{data}/postmaster.pid")
    assert machine.has()["members"] == [{**expected, "running": True}]


@pytest.mark.parametrize(
    "other", [{"main": "# by hand"}, {"name": ""}, {"directory": "fifteen"}], ids=["by hand", "no name", "no version"]
)
def test_an_instance_that_somebody_else_made_is_no_member(machine, other):
    machine.member(**other)
    assert machine.has()["members"] == []
