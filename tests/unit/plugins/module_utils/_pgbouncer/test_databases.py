# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools of this inventory's environment are wanted whole; of the others only that they point to the primary."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.databases import databases
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import pools

POOLS = pools(
    {"production": {"database": "shop", "pool_size_ro": 10}, "staging": {"database": "test"}},
    {"pool_mode": "transaction", "pool_size": 25, "pool_size_session": 5},
)
TARGETS = {"primary": {"host": "10.0.0.1", "port": 5432}, "replicas": {"host": "127.0.0.1", "port": 6433}}


def present(host="10.0.0.1", port="5432"):
    """Rows as PgBouncer prints them."""
    return {"test": {"host": host, "port": port}, "test_ro": {"host": "127.0.0.1", "port": "6433"}}


def test_the_own_environment_has_two_pools_on_the_primary_and_one_on_the_replicas():
    common = {"database": "shop", "pool_mode": "transaction"}
    session = {**common, "pool_mode": "session"}
    assert databases(POOLS, "production", TARGETS, None)["own"] == {
        "shop": {"host": "10.0.0.1", "port": 5432, "pool_size": 24, "max_connections": 25, **common},
        "shop_ro": {"host": "127.0.0.1", "port": 6433, "pool_size": 9, "max_connections": 10, **common},
        "shop_session": {"host": "10.0.0.1", "port": 5432, "pool_size": 4, "max_connections": 5, **session},
    }


def test_pools_of_others_that_pgbouncer_has_belong_on_the_primary():
    found = databases(POOLS, "production", TARGETS, present())
    assert found["foreign"] == {"test": {"host": "10.0.0.1", "port": 5432}}
    assert found["displaced"] == []


@pytest.mark.parametrize("rows", [None, {}, {"shop": {"host": "10.9.9.9", "port": "5432"}}])
def test_pools_that_pgbouncer_does_not_have_are_not_wanted(rows):
    found = databases(POOLS, "production", TARGETS, rows)
    assert (found["foreign"], found["displaced"]) == ({}, [])


@pytest.mark.parametrize(("host", "port"), [("10.0.0.2", "5432"), ("10.0.0.1", "5433")])
def test_an_environment_whose_pool_points_elsewhere_is_named(host, port):
    rows = present(host, port)
    assert databases(POOLS, "production", TARGETS, rows)["displaced"] == ["staging"]
    both = {**rows, "test_session": rows["test"]}
    assert databases(POOLS, "production", TARGETS, both)["displaced"] == ["staging"], "once, with all its pools"
