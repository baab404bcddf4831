# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools are planned and checked without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer import pools as pgbouncer_plan

DEFAULTS = {"pool_mode": "transaction", "pool_size": 25, "pool_size_session": 0}
WITH_SESSIONS = {**DEFAULTS, "pool_size_session": 5}


def problems(
    environments, environment="production", max_connections=150, reserved=20, direct=2, defaults=None, poolers=1
):
    room = {
        "max_connections": max_connections,
        "reserved": reserved,
        "direct": direct,
        "max_client_conn": 2000,
        "poolers": poolers,
    }
    return pgbouncer_plan.problems(environments, environment, defaults or DEFAULTS, room)


class TestPools:
    def test_an_environment_has_a_pool_on_the_primary_and_one_on_the_replicas(self):
        found = pgbouncer_plan.pools({"production": {"database": "shop"}}, DEFAULTS)
        assert [(pool["name"], pool["database"], pool["target"]) for pool in found] == [
            ("shop", "shop", "primary"),
            ("shop_ro", "shop", "replicas"),
        ]

    def test_whole_sessions_have_a_pool_of_their_own_on_the_primary(self):
        environments = {
            "production": {"database": "shop"},
            "staging": {"database": "test", "pool_size_session": 3, "pool_mode": "session"},
            "spare": {"database": "spare", "pool_size_session": 0},
        }
        found = pgbouncer_plan.pools(environments, WITH_SESSIONS)
        assert [
            (pool["name"], pool["database"], pool["target"], pool["pool_mode"], pool["pool_size"])
            for pool in found
            if pool["name"].endswith("_session")
        ] == [("shop_session", "shop", "primary", "session", 4), ("test_session", "test", "primary", "session", 2)]

    def test_one_connection_is_kept_for_looking_passwords_up(self):
        found = pgbouncer_plan.pools(
            {"production": {"database": "shop", "pool_size": 30, "pool_size_ro": 10}}, DEFAULTS
        )
        assert [(pool["size"], pool["pool_size"]) for pool in found] == [(30, 29), (10, 9)]


class TestProblems:
    def test_nothing_to_say(self):
        assert problems({"production": {"database": "shop"}, "staging": {"database": "shop_staging"}}) == []

    @pytest.mark.parametrize(
        ("environments", "expected"),
        [
            ({"staging": {"database": "shop"}}, "pgbouncer_environment is 'production', expected one of"),
            ({}, "(none)"),
            ({"production": {}}, "database is missing"),
            ({"production": {"database": "a b"}}, "letters, digits and _"),
            ({"production": {"database": "shop"}, "../x": {"database": "y"}}, "becomes a file name"),
            ({"production": {"database": "shop", "pool_mode": "statement"}}, "expected transaction or session"),
            ({"production": {"database": "shop", "pool_size": 1}}, "an integer of 2 or more"),
            ({"production": {"database": "shop", "pool_size_ro": "x"}}, "pool_size_ro is 'x'"),
            ({"production": {"database": "shop", "size": 3}}, "size is not known"),
            ({"production": {"database": "shop", "pool_size_session": 1}}, "an integer of 2 or more, or 0 for none"),
            ({"production": {"database": "shop", "pool_size_session": -1}}, "pool_size_session is -1"),
            (
                {"production": {"database": "shop", "max_clients": 0}},
                "max_clients is 0, expected an integer of 1 or more",
            ),
            ({"production": {"database": "shop", "max_clients": "many"}}, "max_clients is 'many'"),
            ({"production": {"database": "d" * 56, "pool_size_session": 5}}, "longer than 55"),
            ({"production": {"database": "d" * 61, "pool_size_session": 0}}, "longer than 60"),
            ({"production": {"database": "shop"}, "other": {"database": "shop"}}, "shop is already production's"),
            ({"production": {"database": "shop"}, "other": {"database": "shop_ro"}}, "shop_ro is already production's"),
            ({"production": {"database": "pgbouncer"}}, "already PgBouncer itself's"),
        ],
    )
    def test_each_contradiction_is_said(self, environments, expected):
        assert expected in problems(environments)[0]

    def test_the_sum_is_refused_with_figures(self):
        environments = {
            "production": {"database": "shop", "pool_size": 50},
            "staging": {"database": "test", "pool_size": 20},
        }
        (found,) = problems(environments, max_connections=150, reserved=20)
        assert "take 140 server connections (shop 50, shop_ro 50, test 20, test_ro 20)" in found
        assert "a member has 130" in found
        assert "smaller by 10" in found

    def test_pools_may_take_every_connection_that_is_left_and_no_more(self):
        environments = {"production": {"database": "shop", "pool_size": 65}}
        assert problems(environments, max_connections=150, reserved=20) == []
        assert "smaller by 1," in problems(environments, max_connections=149, reserved=20)[0]

    @pytest.mark.parametrize(("size", "length"), [(5, 55), (0, 60)])
    def test_a_name_is_as_long_as_its_longest_suffix_lets_it(self, size, length):
        assert problems({"production": {"database": "d" * length, "pool_size_session": size}}) == []

    def test_each_pgbouncer_takes_the_sum(self):
        environments = {"production": {"database": "shop", "pool_size": 33}}
        (found,) = problems(environments, poolers=2)
        assert "take 132 server connections (shop 33, shop_ro 33; on each of 2 PgBouncers)" in found
        assert "smaller by 2 in all," in found
        assert problems({"production": {"database": "shop", "pool_size": 32}}, poolers=2) == []

    @pytest.mark.parametrize("direct", [-5, "-5", "two", None])
    def test_direct_connections_that_cannot_be(self, direct):
        (found,) = problems({"production": {"database": "shop"}}, direct=direct)
        assert found == f"pgbouncer_direct_connections is {direct!r}, expected an integer of 0 or more"

    def test_a_plan_is_checked_without_an_environment_of_ones_own(self):
        """The limits of the owners are set by such a run."""
        room = {"max_connections": 60, "reserved": 20, "direct": 2, "max_client_conn": 2000, "poolers": 1}
        (found,) = pgbouncer_plan.plan_problems({"production": {"database": "shop"}}, DEFAULTS, room)
        assert "smaller by 10" in found
        assert pgbouncer_plan.plan_problems({}, DEFAULTS, {**room, "max_connections": 10}) == []

    def test_session_pools_are_in_the_sum(self):
        environments = {"production": {"database": "shop", "pool_size": 65}}
        (found,) = problems(environments, defaults=WITH_SESSIONS)
        assert "take 135 server connections (shop 65, shop_ro 65, shop_session 5)" in found
        assert "pool_size_session: 0 leaves" in found

    def test_a_session_pool_takes_no_others_name(self):
        environments = {"production": {"database": "shop"}, "other": {"database": "shop_session"}}
        (found,) = problems(environments, defaults=WITH_SESSIONS)
        assert "shop_session is already production's" in found

    @pytest.mark.parametrize(
        ("reserved", "direct", "refused"), [(14, 2, False), (13, 2, True), (20, 5, False), (20, 6, True)]
    )
    def test_the_reserve_has_room_for_administration_beside_the_owners(self, reserved, direct, refused):
        environments = {"production": {"database": "shop"}, "staging": {"database": "test"}}
        found = problems(environments, max_connections=200, reserved=reserved, direct=direct)
        assert bool(found) == refused
        if refused:
            needed = 10 + 2 * direct
            assert (
                f"pgbouncer_reserved_connections is {reserved}, expected at least {needed}: 10 for the superuser"
                in found[0]
            )

    @given(sizes=st.lists(st.integers(2, 60), min_size=1, max_size=5), max_connections=st.integers(20, 500))
    def test_what_is_accepted_always_fits(self, sizes, max_connections):
        environments = {
            f"e{number}": {"database": f"d{number}", "pool_size": size} for number, size in enumerate(sizes)
        }
        refused = problems(environments, environment="e0", max_connections=max_connections, reserved=20)
        pools = pgbouncer_plan.pools(environments, DEFAULTS)
        assert bool(refused) == (sum(pool["size"] for pool in pools) > max_connections - 20)
        assert all(pool["pool_size"] + 1 == pool["size"] for pool in pools)


class TestVersions:
    @pytest.mark.parametrize(
        ("version", "mode", "prepared", "refused"),
        [
            ("1.18.0", "transaction", True, True),
            ("1.20.1", "transaction", True, True),
            ("1.21.0", "transaction", True, False),
            ("1.24.1", "transaction", True, False),
            ("2.0", "transaction", True, False),
            ("1.18.0", "session", True, False),
            ("1.18.0", "transaction", False, False),
            (None, "transaction", True, False),
        ],
    )
    def test_the_rule_for_prepared_statements(self, version, mode, prepared, refused):
        entry = {"database": "shop", "pool_mode": mode, "prepared_statements": prepared}
        found = pgbouncer_plan.version_problems(pgbouncer_plan.pools({"production": entry}, DEFAULTS), version)
        assert len(found) == int(refused)

    def test_the_remedies_are_named(self):
        pools = pgbouncer_plan.pools({"production": {"database": "shop"}}, DEFAULTS)
        (found,) = pgbouncer_plan.version_problems(pools, "1.18.0")
        for word in ("found 1.18.0", "1.21", "PDO::ATTR_EMULATE_PREPARES => true", "pool_mode: session", "pgdg"):
            assert word in found
