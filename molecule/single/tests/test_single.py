# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine in every group: what it had is left alone, the parts find each other, and it is switched over, backed up and restored."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import socket
import ssl

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import inside, playbook, wait_for

ADDRESS, DOMAIN = "198.18.0.41", "app.test"
INVENTORY = ROOT / "molecule/single/inventory/production"
ROOTS = ROOT / ".cache/lab/singles3-acme-ca.crt"
PORTS = {"pg-main": 5432, "pg-replica1": 5433}
RELEASE = "18" if os.environ.get("LAB_IMAGE") == "postgres18" else "17"


@pytest.fixture(scope="module")
def machine():
    return inside("single13")


@pytest.fixture(scope="module")
def sql(machine):
    """A function that asks a member as its administrator."""

    def ask(statement, port=5432, database="postgres"):
        return machine.check_output(
            f"cd / && runuser -u postgres -- psql -XAtq --port={port} --dbname={database} --command={shlex.quote(statement)}"
        )

    return ask


def converged(name, **variables):
    done = playbook(name, inventory=INVENTORY, variables=variables)
    assert done.returncode == 0, done.stdout


def application(method, path):
    """What the application says to the public, under a certificate of the authority."""
    trust = ssl.create_default_context(cafile=ROOTS)
    connection = http.client.HTTPConnection(DOMAIN, timeout=20)
    connection.sock = trust.wrap_socket(socket.create_connection((ADDRESS, 443), timeout=20), server_hostname=DOMAIN)
    connection.request(method, path)
    answer = connection.getresponse()
    assert answer.status in (200, 201), answer.read()
    return json.load(answer)


def reaches(machine, prefix, address, port):
    return machine.run(f"{prefix} timeout 4 bash -c '</dev/tcp/{address}/{port}'").rc == 0


def test_it_is_as_people_have_theirs(machine):
    assert machine.check_output("hostname") == "Single.Example.test"
    assert machine.check_output("date +%Z") == "-03"
    assert machine.run("runuser -u ops -- sudo --non-interactive true").rc != 0
    assert machine.file("/etc/default/locale").content_string == "LANG=pt_BR.UTF-8\n"


def test_the_application_has_both_its_databases_through_the_pooler_of_its_machine():
    written = application("POST", "/writes")["id"]
    wait_for(lambda: application("GET", f"/writes/{written}")["found"], what="the write, read from a replica")


def test_the_pooler_takes_containers_and_no_other_bridge(machine):
    assert reaches(machine, "docker exec stack-app-sample", ADDRESS, 6432)
    assert not reaches(machine, "ip netns exec neighbour", ADDRESS, 6432)


def test_what_the_machine_forwards_for_others_is_still_forwarded(machine):
    assert reaches(machine, "ip netns exec neighbour", "198.18.0.42", 8333)


def test_a_container_of_somebody_else_outlived_the_restart_of_its_engine(machine):
    since = machine.check_output("date --utc --date=\"$(docker inspect --format '{{.State.StartedAt}}' theirs)\" +%s%N")
    restarted = machine.check_output('date --date="$(systemctl show -P ActiveEnterTimestamp docker)" +%s%N')
    assert int(since) < int(restarted)


def test_rules_of_somebody_else_stay(machine):
    status = machine.check_output("LC_ALL=C ufw status")
    assert [line.split() for line in status.splitlines() if "198.18.0.99" in line] == [
        ["5432/tcp", "ALLOW", "198.18.0.99"]
    ]
    assert " 22" not in status and "\n22/tcp" not in status


def test_data_are_where_they_shall_be(machine):
    assert machine.check_output("docker info --format '{{.DockerRootDir}}'") == "/srv/docker"
    assert machine.file("/srv/data").user == "root"
    for member in PORTS:
        assert machine.file(f"/srv/data/{member}/PG_VERSION").content_string == f"{RELEASE}\n"


def test_a_switchover(sql):
    standby = next(name for name, port in PORTS.items() if sql("SELECT pg_is_in_recovery()", port) == "t")
    converged("switchover", switchover_target=standby)
    assert sql("SELECT pg_is_in_recovery()", PORTS[standby]) == "f"
    written = application("POST", "/writes")["id"]
    wait_for(lambda: application("GET", f"/writes/{written}")["found"], what="the write, read from a replica")


def test_a_backup_is_restored_beside_its_database(sql, machine):
    application("POST", "/writes")
    port = next(port for port in PORTS.values() if sql("SELECT pg_is_in_recovery()", port) == "f")
    converged("backup")
    converged("restore", restore_into="copy")
    try:
        count = "SELECT count(*) FROM writes"
        assert int(sql(count, port, "copy")) == int(sql(count, port, "sample")) > 0
    finally:
        machine.check_output(f"cd / && runuser -u postgres -- dropdb --port={port} --if-exists --force copy")
