# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker host: engine, directories, containers as the installation names them."""

from __future__ import annotations

import json

import pytest
from support.helpers.lab import wait_for

ENVIRONMENTS = {"production": "prod", "staging": "staging"}


@pytest.fixture(scope="module")
def app01(machine):
    return machine("app01")


def test_the_engine_logs_to_the_journal_and_outlives_its_own_restart(app01):
    daemon = json.loads(app01.file("/etc/docker/daemon.json").content_string)
    assert (daemon["log-driver"], daemon["live-restore"], daemon["ip"]) == ("journald", True, "127.0.0.1")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_tree_of_an_environment(app01, environment):
    directory = f"/opt/plannerate/{environment}"
    assert app01.file(f"{directory}/.env").mode == 0o600
    assert app01.file(f"{directory}/docker-compose.{environment}.yml").is_file
    for name in ("backups", "storage"):
        assert app01.file(f"{directory}/{name}").is_directory


@pytest.mark.parametrize("suffix", ENVIRONMENTS.values())
def test_each_container_has_a_limit_a_health_check_and_the_journal(app01, suffix):
    names = [f"plannerate-{name}-{suffix}" for name in ("app", "reverb", "queue", "scheduler", "redis", "pgadmin")]
    for entry in json.loads(app01.check_output(f"docker inspect {' '.join(names)}")):
        assert entry["HostConfig"]["Memory"] > 0
        assert entry["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
        assert entry["HostConfig"]["LogConfig"]["Type"] == "journald"
        assert entry["HostConfig"]["PortBindings"] in ({}, None)
        assert entry["State"]["Health"]["Status"] == "healthy"


def test_each_container_has_the_rights_that_it_needs(app01):
    application = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"]
    rights = {
        **dict.fromkeys(("app", "reverb", "queue", "scheduler"), (application, False)),
        "redis": ([], True),
        "pgadmin": (["NET_BIND_SERVICE"], False),
    }
    expected = {
        f"plannerate-{name}-{suffix}": each for name, each in rights.items() for suffix in ENVIRONMENTS.values()
    }
    expected["plannerate-traefik"] = (["NET_BIND_SERVICE"], True)
    for entry in json.loads(app01.check_output(f"docker inspect {' '.join(expected)}")):
        host, (capabilities, read_only) = entry["HostConfig"], expected[entry["Name"].lstrip("/")]
        # Newer engines name them with CAP_.
        assert sorted(name.removeprefix("CAP_") for name in host["CapAdd"] or []) == capabilities, entry["Name"]
        assert (host["CapDrop"], host["ReadonlyRootfs"], host["SecurityOpt"]) == (
            ["ALL"],
            read_only,
            ["no-new-privileges:true"],
        )
        assert 0 < host["PidsLimit"] <= 1024 and host["NanoCpus"] > 0


def test_traefik_has_no_docker_socket_and_its_api_is_on_loopback(app01):
    (entry,) = json.loads(app01.check_output("docker inspect plannerate-traefik"))
    assert not [mount for mount in entry["Mounts"] if "docker.sock" in mount["Source"]]
    assert sorted(entry["HostConfig"]["PortBindings"]) == ["443/tcp", "80/tcp"]
    listening = app01.check_output(f"nsenter --target={entry['State']['Pid']} --net ss -ltnH 'sport = :8080'")
    assert listening.split()[3] == "127.0.0.1:8080"


def test_requests_are_logged_as_json_to_the_journal(app01):
    request = r"printf 'GET /logged HTTP/1.0\r\nHost: app.test\r\n\r\n'"
    app01.check_output(f"{request} | timeout 10 openssl s_client -quiet -connect 127.0.0.1:443 -servername app.test")
    journal = 'journalctl CONTAINER_NAME=plannerate-traefik --output=cat --lines=200 | grep \'"RequestPath":"/logged"\''
    logged = wait_for(lambda: app01.run(journal).stdout, what="the request in the journal")
    assert json.loads(logged.splitlines()[-1])["RequestHost"] == "app.test"


def test_certificates_are_roots_alone(app01):
    assert app01.check_output("stat -c %a /opt/plannerate/traefik/acme/dns.json") == "600"
