# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A setting that needs a restart is raised on the standbys first, and lowered on the primary first."""

from __future__ import annotations

import pytest
from support.helpers.lab import PORTS, changed, playbook


@pytest.fixture
def started(admin_sql):
    """A function that gives the start time of every member."""
    return lambda: {name: admin_sql("SELECT pg_postmaster_start_time()", port=port) for name, port in PORTS.items()}


@pytest.fixture
def show(admin_sql):
    """A function that gives a setting of every member."""
    return lambda name: {member: admin_sql(f"SHOW {name}", port=port) for member, port in PORTS.items()}


def converge(**variables):
    done = playbook("postgres", variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(autouse=True)
def as_before():
    yield
    converge()
    assert changed(converge()) == 0


def test_max_connections_up_and_down(started, show, admin_sql):
    before = started()
    output = converge(postgres_max_connections=130)
    assert set(show("max_connections").values()) == {"130"}
    assert output.index("pg-replica1 (standby) restarts") < output.index("pg-main (primary) restarts"), output
    raised = started()
    assert all(raised[name] != before[name] for name in PORTS)

    output = converge(postgres_max_connections=90)
    assert set(show("max_connections").values()) == {"90"}
    assert output.index("pg-main (primary) restarts") < output.index("pg-replica1 (standby) restarts"), output
    assert admin_sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "2"
