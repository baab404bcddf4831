# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one environment may take of the server and of PgBouncer leaves the others theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer import limits
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import pools, problems

DEFAULTS = {"pool_mode": "transaction", "pool_size": 25, "pool_size_session": 5}
ROOM = {"max_connections": 150, "reserved": 20, "direct": 2, "max_client_conn": 2000, "poolers": 1}
ENVIRONMENTS = {
    "production": {"database": "shop", "pool_size": 30},
    "staging": {"database": "test", "pool_size": 20, "pool_size_ro": 10},
}
SHOP, TEST = {"name": "shop", "owner": "prod"}, {"name": "test", "owner": "stag"}


def owners(*databases, environments=None, **room):
    found = ENVIRONMENTS if environments is None else environments
    return limits.owner_limits(databases, pools(found, DEFAULTS), {**ROOM, **room})


class TestOwners:
    def test_an_owner_may_have_what_its_pools_take_and_a_few_beside(self):
        """Of each pool one connection is another role's, which looks passwords up."""
        assert owners(SHOP, TEST) == {"connections": {"prod": 29 + 29 + 4 + 2, "stag": 19 + 9 + 4 + 2}, "errors": []}

    def test_each_pgbouncer_has_the_pools(self):
        found = owners(SHOP, {"name": "other", "owner": "other"}, poolers=2, max_connections=300)["connections"]
        assert found == {"prod": 2 * (29 + 29 + 4) + 2, "other": 280 - 2 * (60 + 5 + 30 + 5)}
        (error,) = owners({**SHOP, "connections": 123}, poolers=2, max_connections=300)["errors"]
        assert "expected at least 124, which its pools take" in error

    def test_an_inventory_has_its_own_owners_only(self):
        assert owners(TEST)["connections"] == {"stag": 34}

    def test_who_owns_two_databases_may_have_both(self):
        both = owners(SHOP, {**TEST, "owner": "prod"})["connections"]
        assert both == {"prod": 64 + 34}

    def test_without_any_pool_the_reserve_is_left(self):
        assert owners(SHOP, environments={})["connections"] == {"prod": 130}
        assert owners(SHOP, TEST, environments={})["connections"] == {"prod": 65, "stag": 65}

    def test_a_database_without_a_pool_gets_what_the_pools_leave(self):
        assert owners(SHOP, {"name": "other", "owner": "other"})["connections"]["other"] == 130 - (60 + 5) - (30 + 5)
        full = owners(SHOP, {"name": "other", "owner": "other"}, max_connections=100)["connections"]
        assert full["other"] == 2, "and never none, which would be an owner who cannot log in"

    @pytest.mark.parametrize("given_as", [70, "70"])
    def test_what_the_inventory_decides_wins(self, given_as):
        assert owners({**SHOP, "connections": given_as}) == {"connections": {"prod": 70}, "errors": []}

    @pytest.mark.parametrize(
        ("connections", "expected"),
        [
            (61, "shop: connections is 61, expected at least 62, which its pools take"),
            (0, "connections is 0, expected at least 62"),
            (95, "connections is 95, expected at most 94, which postgres_max_connections leaves beside"),
            (-1, "connections is -1, expected an integer"),
            ("all", "connections is 'all', expected an integer"),
        ],
    )
    def test_what_cannot_be_is_refused(self, connections, expected):
        (found,) = owners({**SHOP, "connections": connections})["errors"]
        assert expected in found

    def test_the_bounds_themselves_are_accepted(self):
        assert owners({**SHOP, "connections": 62})["errors"] == []
        assert owners({**SHOP, "connections": 94})["errors"] == [], (
            "all but the others' 35, three look-ups and the reserve"
        )
        assert owners({**SHOP, "connections": 132}, environments={})["errors"] == []
        assert owners({**SHOP, "connections": 133}, environments={})["errors"] != []

    @given(sizes=st.lists(st.integers(2, 40), min_size=1, max_size=5))
    def test_an_accepted_plan_has_room_for_everybody_at_once(self, sizes):
        """All owners at their limits, all look-ups, and the administration."""
        environments = {f"e{n}": {"database": f"d{n}", "pool_size": size} for n, size in enumerate(sizes)}
        if problems(environments, "e0", DEFAULTS, {**ROOM, "max_connections": 200}):
            return
        wanted = pools(environments, DEFAULTS)
        databases = [{"name": f"d{n}", "owner": f"o{n}"} for n in range(len(sizes))]
        found = limits.owner_limits(databases, wanted, {**ROOM, "max_connections": 200})["connections"]
        assert sum(found.values()) + len(wanted) + 10 <= 200
        for number in range(len(sizes)):
            assert found[f"o{number}"] >= sum(p["pool_size"] for p in wanted if p["database"] == f"d{number}")


def clients(environments=None, **room):
    return limits.client_limits(environments or ENVIRONMENTS, DEFAULTS, {**ROOM, **room})


def client_problems(environments, **room):
    return limits.client_problems(environments, DEFAULTS, {**ROOM, **room})


class TestClients:
    def test_all_clients_are_divided_like_the_pools(self):
        assert clients() == {"production": 1170, "staging": 780}

    def test_one_environment_has_nearly_all(self):
        assert clients({"production": {"database": "shop"}}) == {"production": 1950}

    def test_the_others_share_what_one_leaves(self):
        three = {**ENVIRONMENTS, "spare": {"database": "spare", "pool_size": 30, "max_clients": 950}}
        assert clients(three) == {"production": 600, "staging": 400, "spare": 950}

    @pytest.mark.parametrize(
        ("environments", "room", "refused"),
        [
            (ENVIRONMENTS, {}, False),
            ({"a": {"database": "a", "max_clients": 1950}}, {}, False),
            ({"a": {"database": "a", "max_clients": 1951}}, {}, True),
            ({"a": {"database": "a", "max_clients": 1950}, "b": {"database": "b"}}, {}, True),
            ({"a": {"database": "a"}}, {"max_client_conn": 50}, True),
            ({}, {}, False),
        ],
    )
    def test_each_environment_has_some(self, environments, room, refused):
        found = client_problems(environments, **room)
        assert bool(found) == refused
        if found:
            assert "raise pgbouncer_max_client_conn" in found[0]

    @pytest.mark.parametrize(
        ("version", "has"),
        [
            ("1.18.0", False),
            ("1.23.1", False),
            ("1.24.0", True),
            ("1.25", True),
            ("2.0", True),
            (None, False),
            ("", False),
        ],
    )
    def test_which_pgbouncer_can_limit_them(self, version, has):
        assert limits.has_client_limits(version) is has
