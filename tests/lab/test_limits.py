# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Staging takes all that it gets of what both environments use, and production has its own; sessions have a pool that keeps them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.helpers.lab import ADDRESSES, playbook

STAGING = {"database": "plannerate_staging", "owner": "plannerate_staging"}
# Of 25 + 25 + 5 and 20 + 20 + 5 connections one each looks passwords up; 2 are beside the pools.
LIMITS = {"plannerate_prod": 24 + 24 + 4 + 2, "plannerate_staging": 19 + 19 + 4 + 2}


@pytest.fixture(scope="module")
def staging(pooler):
    return replace(pooler, **STAGING)


@pytest.mark.parametrize("owner", LIMITS)
def test_each_owner_has_its_limits(admin_sql, owner):
    found = admin_sql(f"SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = '{owner}'")
    assert found == f"{LIMITS[owner]}|{{temp_file_limit=10GB}}"


def test_stagings_sessions_do_not_lock_production_out(pooler, staging):
    """150 of them, directly: more than the server's 120."""
    with staging.held(150, client=pooler.machine, port=5432) as answer:
        assert pooler.psql("SELECT 1").stdout.strip() == "1"
        assert pooler.psql("SELECT 1", client=pooler.machine, port=5432).stdout.strip() == "1"
    assert 0 < answer["connected"] <= LIMITS["plannerate_staging"], answer
    # Those that are being refused count for a moment too, so some of so many at once hear that the server is full.
    refused = {error.split("FATAL:")[-1].strip(): count for error, count in answer["errors"]}
    assert sum(refused.values()) == 150 - answer["connected"], answer
    assert 'too many connections for role "plannerate_staging"' in refused, answer


def test_a_session_is_kept_in_the_session_pool_only(pooler):
    """What a migration needs: a lock of its session, and settings that nobody else sees."""
    with (
        pooler.session(dbname=f"{pooler.database}_session") as one,
        pooler.session(dbname=f"{pooler.database}_session") as two,
    ):
        assert one("SET application_name = 'one'") == two("SET application_name = 'two'") == ""
        assert one("SELECT pg_try_advisory_lock(4712)") == "t"
        assert two("SELECT pg_try_advisory_lock(4712)") == "f"
        assert [one("SHOW application_name"), two("SHOW application_name")] == ["one", "two"]
        assert one("SELECT pg_backend_pid()") != two("SELECT pg_backend_pid()")
        assert one("SELECT pg_is_in_recovery()") == "f"
        assert pooler.psql("SELECT pg_try_advisory_lock_shared(4712)").stdout.strip() == "f"
    assert pooler.psql("SELECT pg_try_advisory_xact_lock(4712)").stdout.strip() == "t", "it ends with the session"


def test_a_docker_host_is_refused_even_without_the_firewall(pooler, psql_on):
    rule = f"allow proto tcp from {ADDRESSES['app01']} to any port 5432"
    pooler.machine.check_output(f"ufw {rule}")
    try:
        result = psql_on("app01", "SELECT 1")
    finally:
        pooler.machine.check_output(f"ufw delete {rule}")
    assert "no pg_hba.conf entry" in result.stderr


def test_a_docker_host_among_the_members_clients_is_refused():
    done = playbook("postgres", "--check", variables={"postgres_clients": ["198.18.0.0/24"]})
    assert done.returncode != 0
    assert "postgres_clients has 198.18.0.0/24, which is the Docker host app01 or a network with it" in " ".join(
        done.stdout.split()
    )
