# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment's roles come back as they were, and no role that exists is changed."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.dump import roles

OWNER = {
    "name": "shop",
    "inherit": True,
    "createrole": False,
    "createdb": False,
    "login": True,
    "replication": False,
    "bypassrls": True,
    "connection_limit": -1,
    "secret": "SCRAM-SHA-256$4096:salt$stored:server",
    "valid_until": None,
    "settings": [],
    "member_of": ["group_of_another"],
}
MEMBER = {
    **OWNER,
    "name": 'shop"app',
    "secret": None,
    "valid_until": "2027-01-01 00:00:00+00",
    "settings": ['search_path=public, "x y"', "work_mem=8MB", "app.motto=it's\\new"],
    "member_of": ["shop"],
}


def test_a_role_is_created_with_all_it_had():
    assert roles.create(OWNER) == (
        'DO $roles$ BEGIN CREATE ROLE "shop" WITH INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION BYPASSRLS '
        "CONNECTION LIMIT -1 PASSWORD E'SCRAM-SHA-256$4096:salt$stored:server'; EXCEPTION WHEN duplicate_object THEN NULL; END $roles$;"
    )
    created = roles.create(MEMBER)
    assert 'CREATE ROLE "shop""app" WITH' in created
    assert "PASSWORD" not in created
    assert "VALID UNTIL E'2027-01-01 00:00:00+00'" in created
    assert "SET \"search_path\" = E'public', E'x y';" in created
    assert "SET \"app.motto\" = E'it''s\\\\new';" in created


def test_roles_are_granted_among_themselves_only():
    sql = roles.as_sql([OWNER, MEMBER])
    assert 'GRANT "shop" TO "shop""app";' in sql
    assert "group_of_another" not in sql


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("search_path=", "E''"),
        ('search_path=""', "E''"),
        ("search_path=public", "E'public'"),
        ('search_path="$user", public', "E'$user', E'public'"),
        ('search_path="a ""b"", c",d', """E'a "b", c', E'd'"""),
        ("temp_tablespaces=fast", "E'fast'"),
    ],
)
def test_a_list_of_names_is_set_as_it_was_also_an_empty_one(entry, names):
    assert roles.setting(entry).endswith(f" = {names}")


def test_a_placeholder_cannot_log_in():
    assert 'CREATE ROLE "readers" NOLOGIN;' in roles.placeholder("readers")
