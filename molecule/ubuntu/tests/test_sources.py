# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real installation's releases: from PGDG and Docker's repository, on Ubuntu 24.04."""

from __future__ import annotations

import pytest
from support.helpers.lab import over_ssh


@pytest.fixture(scope="module")
def noble():
    return over_ssh("198.18.0.25")


@pytest.mark.parametrize(
    ("package", "origin"),
    [
        ("postgresql-15", "apt.postgresql.org"),
        ("pgbouncer", "apt.postgresql.org"),
        ("docker-ce", "download.docker.com"),
        ("docker-compose-plugin", "download.docker.com"),
    ],
)
def test_packages_come_from_the_repository_that_was_chosen(noble, package, origin):
    installed = noble.check_output(f"apt-cache policy {package}").split("***", 1)[1].split("Version table")[0]
    assert origin in installed


def test_both_replicas_stream(noble):
    rows = noble.check_output(
        "runuser -u postgres -- psql -XAtqc 'SELECT application_name, state FROM pg_stat_replication ORDER BY 1'"
    )
    assert rows.splitlines() == ["pg-replica1|streaming", "pg-replica2|streaming"]


def test_the_engine_answers_behind_its_firewall(noble):
    assert int(noble.check_output("docker version --format '{{.Server.Version}}'").split(".")[0]) >= 29
    assert int(noble.check_output("docker compose version --short").lstrip("v").split(".")[0]) >= 2
    assert "DROP" in noble.check_output("iptables --list-rules DOCKER-USER")


def test_nothing_failed(noble):
    assert noble.check_output("systemctl --failed --no-legend --plain") == ""
