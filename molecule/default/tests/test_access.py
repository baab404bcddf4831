# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only named machines, only with TLS, only with the right password, only to one's own database."""

from __future__ import annotations

import pytest
from support.helpers.lab import DB01


def test_the_client_verifies_the_server_against_the_projects_authority(psql_on):
    result = psql_on("db01", "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    assert result.stdout.strip() in ("t|TLSv1.3", "t|TLSv1.2"), result.stderr


def test_without_tls_it_is_refused(psql_on):
    result = psql_on("db01", "SELECT 1", sslmode="disable")
    assert result.rc != 0
    assert "no encryption" in result.stderr


def test_with_a_wrong_password_it_is_refused(psql_on):
    result = psql_on("db01", "SELECT 1", password="wrong")
    assert result.rc != 0
    assert "password authentication failed" in result.stderr


@pytest.mark.parametrize("port", [5432, 5433, 5434])
def test_a_strange_machine_is_refused(psql_on, port):
    result = psql_on("outsider", "SELECT 1", port=port, sslmode="require")
    assert result.rc != 0
    assert "timeout expired" in result.stderr


@pytest.mark.parametrize("port", [5432, 5433, 5434])
def test_a_docker_host_is_refused(psql_on, port):
    """Its containers come through PgBouncer."""
    result = psql_on("app01", "SELECT 1", port=port)
    assert result.rc != 0
    assert "timeout expired" in result.stderr


def test_an_owner_is_refused_by_the_other_environments_database(psql_on, secret):
    result = psql_on(
        "db01",
        "SELECT 1",
        user="plannerate_staging",
        password=secret("POSTGRES_PLANNERATE_STAGING_PASSWORD"),
    )
    assert result.rc != 0
    assert "does not have CONNECT privilege" in result.stderr


def test_the_replication_role_sees_no_database(psql_on, secret):
    result = psql_on(
        "db01",
        "SELECT 1",
        user="replicator",
        password=secret("POSTGRES_REPLICATOR_PASSWORD"),
    )
    assert "no pg_hba.conf entry" in result.stderr


def test_passwords_are_stored_as_scram(admin_sql):
    assert admin_sql("SELECT count(*) FROM pg_authid WHERE rolpassword NOT LIKE 'SCRAM-SHA-256$%'") == "0"


def test_only_ssh_of_db01_is_open_to_a_strange_machine(machine):
    open_ports = machine("outsider").check_output(
        "for port in 22 5432 5433 5434 6432; do "
        f'timeout 2 bash -c "</dev/tcp/{DB01}/$port" 2>/dev/null && echo $port; done; true'
    )
    assert open_ports.split() == ["22"]
