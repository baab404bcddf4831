# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup is without is known before it begins."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.dump import omissions

TABLES = [
    ("public", "orders", False),
    ("public", "sessions", False),
    ("cache", "pages", True),
    ("cache", "odd.name", False),
]


@pytest.mark.parametrize(
    ("patterns", "in_recovery", "without"),
    [
        ([], False, []),
        (["public.sessions"], False, ["public.sessions"]),
        (["public.session"], False, []),
        (["cache.*"], False, ["cache.pages", "cache.odd.name"]),
        (["*.sess*"], False, ["public.sessions"]),
        (["PUBLIC.sessions"], False, []),
        ([], True, ["cache.pages"]),
        (["public.orders"], True, ["public.orders", "cache.pages"]),
    ],
)
def test_tables_without_rows(patterns, in_recovery, without):
    found, _unmatched = omissions.without_rows(TABLES, patterns, in_recovery)
    assert list(found) == without
    assert all(f"{schema}.{name}" == full for full, (schema, name) in found.items())


def test_a_pattern_that_matches_nothing_is_named():
    assert omissions.without_rows(TABLES, ["public.orders", "audit.*"], False)[1] == ["audit.*"]


def test_memberships_in_roles_of_others_are_named():
    own = [{"name": "shop", "member_of": ["clients"]}, {"name": "app", "member_of": ["shop", "clients"]}]
    assert omissions.of_roles(own) == ["the membership of shop in clients", "the membership of app in clients"]
