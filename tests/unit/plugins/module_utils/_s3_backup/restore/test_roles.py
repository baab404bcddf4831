# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles in a backup are made as they were, and nothing else is said to the server in their name."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.dump.roles import as_sql
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import mark
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore.roles import creation

SHOP = {
    "name": "shop",
    "inherit": True,
    "login": True,
    "connection_limit": -1,
    "secret": "SCRAM-SHA-256$4096:salt$stored:server",
    "valid_until": "2027-01-01 00:00:00+00",
    "settings": ['search_path=public, "x y"', "app.motto=it's\\new; $1"],
    "member_of": [],
}
MEMBER = {**SHOP, "name": 'shop"app $', "secret": None, "settings": [], "valid_until": None, "member_of": ["shop"]}


def test_roles_are_made_as_backups_write_them():
    sql = as_sql([SHOP, MEMBER])
    assert creation(sql, (), ()) == sql


def test_a_role_that_exists_is_neither_made_nor_given_to_others():
    lines = as_sql([SHOP, MEMBER]).splitlines(keepends=True)
    assert creation("".join(lines), ["shop"], ()) == lines[1]
    assert creation("".join(lines), ["shop"], ["shop"]) == "".join(lines[1:])
    assert creation("".join(lines), [MEMBER["name"]], ["shop"]) == lines[0]


def test_the_role_of_a_restore_that_ran_beside_the_backup_is_not_made():
    other = {**MEMBER, "name": mark.new_name()}
    assert as_sql([SHOP, other]) == as_sql([SHOP])
    # As earlier releases wrote it.
    loading = as_sql([{**other, "name": "loading"}, SHOP]).replace("loading", other["name"])
    assert creation(loading, (), ()) == as_sql([SHOP])


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO PROGRAM 'true';\n",
        as_sql([SHOP]) + "DROP DATABASE shop;\n",
        as_sql([{**SHOP, "settings": ["app.motto=$roles$; DROP DATABASE shop; --"]}]),
        as_sql([SHOP]).replace('ALTER ROLE "shop"', 'ALTER ROLE "postgres"', 1),
        as_sql([SHOP]).replace("E'public'", "E'\\\\' || evil() || '"),
    ],
)
def test_anything_else_is_refused(sql):
    with pytest.raises(Refused, match="not as backups write them"):
        creation(sql, (), ())


@pytest.mark.parametrize("flag", ["CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS", "SUPERUSER"])
def test_a_role_that_may_do_more_is_named(flag):
    sql = as_sql([SHOP]).replace("NOCREATEDB", flag)
    with pytest.raises(Refused, match=f"role shop has {flag}"):
        creation(sql, (), ())
    assert creation(sql, ["shop"], ()) == ""
