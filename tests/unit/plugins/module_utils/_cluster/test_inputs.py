# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory asks for that cannot be is named, with what to do."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.inputs import past_the_pooler, problems

MEMBERS = [
    {"name": "pg-main", "machine": "db01", "version": 15},
    {"name": "pg-replica1", "machine": "db01", "version": 15},
    {"name": "pg-replica2", "machine": "db02", "version": 15},
]
DEBIAN_12, DEBIAN_13 = ({"distribution": f"debian {release}", "programs": []} for release in (12, 13))


@pytest.mark.parametrize("mode", ["quorum", "all", "async"])
@pytest.mark.parametrize("source", ["distro", "pgdg"])
def test_nothing_is_wrong_as_long_as_no_machine_was_asked(mode, source):
    assert problems(MEMBERS, mode, source, {}) == []


def test_unknown_words_are_named_with_those_that_are_known():
    assert problems(MEMBERS, "quorom", "apt", {"db01": DEBIAN_13}) == [
        "postgres_sync_mode is quorom, expected one of quorum, all, async",
        "postgres_package_source is apt, expected distro or pgdg",
    ]


def test_a_distribution_with_another_release_is_named_once():
    assert problems(MEMBERS, "quorum", "distro", {"db01": DEBIAN_13, "db02": DEBIAN_12}) == [
        "db01 is debian 13, whose own PostgreSQL is 17, but postgres_version is 15. Set postgres_package_source to pgdg, or "
        "postgres_version to 17, or install postgresql-15 there first, from a source of your own"
    ]


def test_a_distribution_that_is_not_known_has_one_remedy():
    found = problems(MEMBERS, "quorum", "distro", {"db02": {"distribution": "arch 1", "programs": []}})
    assert found == [
        "db02 is arch 1, whose own PostgreSQL is not known here, but postgres_version is 15. Set postgres_package_source to pgdg, "
        "or install postgresql-15 there first, from a source of your own"
    ]


def test_a_release_that_is_installed_needs_no_source():
    assert problems(MEMBERS, "quorum", "distro", {"db01": DEBIAN_13 | {"programs": [15]}}) == []
    assert problems(MEMBERS, "quorum", "distro", {"db01": DEBIAN_13 | {"programs": [17]}})


def test_the_projects_repository_has_every_release():
    assert problems(MEMBERS, "quorum", "pgdg", {"db01": DEBIAN_13}) == []


@pytest.mark.parametrize("count", [1, 2, "1", "2"])
def test_a_number_of_confirmations_may_come_from_the_command_line(count):
    assert problems(MEMBERS, "quorum", "distro", {}, count) == []


@pytest.mark.parametrize("count", [0, 3, "3", -1, "two", 1.5, True, None])
def test_a_number_of_confirmations_that_cannot_be(count):
    assert problems(MEMBERS, "quorum", "distro", {}, count) == [
        f"postgres_sync_count is {count}, expected an integer from 1 to 2, the number of standbys: so many of them confirm a commit in "
        "mode quorum. Lower it, or add standbys"
    ]


def test_a_primary_alone_may_keep_the_default():
    assert problems(MEMBERS[:1], "quorum", "distro", {}) == []


DOCKER_HOSTS = {"app01": ["198.18.0.11", "10.0.0.11"], "app02": ["app02.example.com"]}


@pytest.mark.parametrize(
    "client",
    ["198.18.0.11", "198.18.0.11/32", "10.0.0.11", "198.18.0.0/24", "0.0.0.0/0", "198.18.0.9/16", "app02.example.com"],
)
def test_a_docker_host_among_the_members_clients_is_named(client):
    (found,) = past_the_pooler(["192.0.2.1", client], DOCKER_HOSTS)
    assert found.startswith(f"postgres_clients has {client}, which is the Docker host app0")
    assert "postgres_direct_docker_hosts: true" in found


def test_a_job_of_the_host_itself_has_its_advice():
    """Removing the host would end its dump."""
    assert "one in s3_backups dumps from there" in past_the_pooler(["198.18.0.11"], DOCKER_HOSTS)[0]


def test_a_docker_host_is_no_pooler_either():
    (found,) = past_the_pooler(["198.18.0.0/24"], DOCKER_HOSTS, "postgres_poolers")
    assert found.startswith("postgres_poolers has 198.18.0.0/24, which is the Docker host app01")


def test_other_clients_may_reach_the_members():
    assert past_the_pooler(["198.18.0.12", "198.18.0.12/31", "2001:db8::/32", "db01.example.com"], DOCKER_HOSTS) == []
    assert past_the_pooler(["0.0.0.0/0"], {}) == []
