# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each container may do and take, in the files that Compose reads, and that a change of it is one of the container."""

from __future__ import annotations

import pytest
from support.helpers.plays import values_of_role

INVENTORY = {
    "docker_host_environments": {"production": {"domain": "app.test", "suffix": "prod"}},
    "docker_host_name_prefix": "shop",
    "docker_host_app_image": "shop:1",
    "pgbouncer_client_environment": {
        "DB_HOST": "db01", "DB_PORT": "6432", "DB_DATABASE": "shop", "DB_USERNAME": "shop", "PGSSLROOTCERT": "/ca.crt",
    },
    "_docker_host_variables": {},
    "_docker_host_pgadmin_variables": {},
    "_docker_host_definition_key": "key",
    "__docker_host_probe": {"stdout": "processors 8"},
}  # fmt: skip
FILE = "lookup('ansible.builtin.template', 'stack/docker-compose.yml.j2') | from_yaml"
TRAEFIK = "lookup('ansible.builtin.template', 'traefik/docker-compose.yml.j2') | from_yaml"
APPLICATION = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"]
# Rights, whether its image is read-only, processors of eight, processes.
EXPECTED = {
    "app": (APPLICATION, False, 6.0, 512),
    "reverb": (APPLICATION, False, 1.0, 128),
    "queue": (APPLICATION, False, 6.0, 512),
    "scheduler": (APPLICATION, False, 1.0, 256),
    "redis": ([], True, 1.0, 128),
    "pgadmin": (["NET_BIND_SERVICE"], False, 1.0, 256),
    "traefik": (["NET_BIND_SERVICE"], True, 6.0, 1024),
}
OVERRIDES = {"queue": {"capabilities": [], "read_only": True, "tmpfs": ["/tmp", "/run"], "cpus": 0.5, "pids_limit": 64}}
SMALL = {"__docker_host_probe": {"stdout": "processors 1"}}
RELEASED = {
    "_docker_host_release": {"name": "r7", "image": "shop:2", "apps": []},
    "_docker_host_part": "release",
    "docker_host_services": OVERRIDES,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The stack and Traefik; on a machine with one processor; with rights of the inventory's own; a release with these."""
    asked = [
        (FILE, {}), (TRAEFIK, {}), (FILE, SMALL), (TRAEFIK, {**SMALL, "docker_host_traefik_limits": {"memory": "1g"}}),
        (FILE, {"docker_host_services": OVERRIDES}), (FILE, RELEASED),
    ]  # fmt: skip
    return [
        compose["services"]
        for compose in values_of_role(
            tmp_path_factory.mktemp("play"), "docker_host", *((each, {**INVENTORY, **more}) for each, more in asked)
        )
    ]


def test_each_container_has_what_it_needs_and_no_more(files):
    services = {**files[0], **files[1]}
    assert {
        name: (entry.get("cap_add", []), entry["read_only"], entry["cpus"], entry["pids_limit"])
        for name, entry in services.items()
    } == EXPECTED
    assert all(entry["cap_drop"] == ["ALL"] for entry in services.values())
    assert all(entry["security_opt"] == ["no-new-privileges:true"] for entry in services.values())
    assert files[0]["redis"]["tmpfs"] == ["/tmp"] and "tmpfs" not in files[0]["app"]


def test_none_is_given_more_processors_than_the_machine_has(files):
    """Docker refuses it."""
    assert {entry["cpus"] for entry in (files[2] | files[3]).values()} == {0.75}
    assert (files[3]["traefik"]["mem_limit"], files[3]["traefik"]["pids_limit"]) == ("1g", 1024)


def test_the_inventory_says_otherwise_for_one_service_and_a_release_has_the_same(files):
    stack, release = files[4], files[5]
    queue = {**OVERRIDES["queue"], "cap_add": []}
    del queue["capabilities"]
    for entry in (stack["queue"], release["queue-r7"]):
        assert {name: entry.get(name, []) for name in queue} == queue
    same = set(stack["app"]) - {"container_name", "image", "labels", "depends_on"}
    assert {name: stack["app"][name] for name in same} == {name: release["app-r7"][name] for name in same}
    assert stack["app"] == {**files[0]["app"]}, "the others keep theirs"


def test_a_change_of_rights_is_one_of_the_containers_definition(files):
    labels = [
        {name: entry["labels"]["infra.definition"] for name, entry in stack.items()} for stack in (files[0], files[4])
    ]
    assert [name for name in labels[0] if labels[0][name] != labels[1][name]] == ["queue"]
