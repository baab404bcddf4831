# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection limit does not fall below the sessions that a role has, unless the inventory says so."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.limit_changes import limit_changes


def changes(new, limit, sessions, decided=()):
    return limit_changes({"shop": new}, {"shop": {"limit": limit, "sessions": sessions}}, decided)


def test_a_new_role_and_an_unchanged_limit_are_no_change():
    assert limit_changes({"shop": 54}, {}) == {"connections": {"shop": 54}, "changes": [], "errors": []}
    assert changes(54, 54, 60) == {"connections": {"shop": 54}, "changes": [], "errors": []}


@pytest.mark.parametrize(
    ("limit", "sessions", "decided", "shown"),
    [
        (-1, 54, (), "shop: no limit to 54 connections, 54 sessions now"),
        (-1, 55, ["shop"], "shop: no limit to 54 connections, 55 sessions now"),
        (90, 54, (), "shop: 90 to 54 connections, 54 sessions now"),
        (90, 70, ["shop"], "shop: 90 to 54 connections, 70 sessions now"),
        (40, 60, (), "shop: 40 to 54 connections, 60 sessions now"),
    ],
)
def test_a_change_is_shown_with_the_sessions(limit, sessions, decided, shown):
    assert changes(54, limit, sessions, decided) == {"connections": {"shop": 54}, "changes": [shown], "errors": []}


def test_a_first_limit_below_the_sessions_is_refused():
    (error,) = changes(54, -1, 55)["errors"]
    assert error.startswith(
        "shop: no limit to 54 connections, 55 sessions now: new sessions would be refused. Expected"
    )
    assert "connections in postgres_primary_databases" in error


def test_a_lower_limit_waits_for_the_sessions_of_the_larger_pools():
    found = changes(54, 90, 55)
    assert (found["connections"], found["errors"]) == ({"shop": 90}, [])
    assert found["changes"] == [
        "shop: 90 to 54 connections, 55 sessions now: the limit stays until a run finds no more than 54 sessions"
    ]
