# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs a restart is raised on the standbys first and lowered on the primary first, also both in the same converge."""

from __future__ import annotations

import pytest
from support.helpers.lab import PORTS, changed, playbook
from support.helpers.roles_of_members import at_home, healthy, primary_of


def converge(**variables):
    done = playbook("postgres", variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(autouse=True)
def as_before(admin_sql):
    yield
    converge()
    assert changed(converge()) == 0
    at_home(admin_sql)


# With as few kept aside as there may be, since the pools of the lab take 100 of them.
ASIDE = {"pgbouncer_reserved_connections": 14}


@pytest.mark.parametrize(("connections", "locks"), [(130, 32), (116, 128)])
def test_one_up_and_another_down_at_once(admin_sql, connections, locks):
    converge(postgres_max_connections=connections, postgres_settings={"max_locks_per_transaction": locks}, **ASIDE)
    for port in PORTS.values():
        assert admin_sql("SHOW max_connections", port=port) == str(connections)
        assert admin_sql("SHOW max_locks_per_transaction", port=port) == str(locks)


def test_max_connections_up_and_down(started, show, admin_sql):
    before = started()
    output = converge(postgres_max_connections=130)
    assert set(show("max_connections").values()) == {"130"}
    primary = primary_of(admin_sql)
    assert output.index("pg-replica1 (standby) restarts") < output.index(f"{primary} is the primary now"), output
    raised = started()
    assert primary != "pg-main" and all(raised[name] != before[name] for name in PORTS)

    output = converge(postgres_max_connections=116, **ASIDE)
    assert set(show("max_connections").values()) == {"116"}
    assert output.index(f"{primary} (primary) restarts") < output.index("pg-main (standby) restarts"), output
    assert primary_of(admin_sql) == primary and healthy(admin_sql)
