# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restored database is like the one that was backed up, and lets in nobody else."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import properties

PROPERTIES = {
    "owner": "shop",
    "encoding": "UTF8",
    "settings": ["statement_timeout=7s"],
    "grants": [
        {"grantee": "shop", "privilege": "CONNECT", "grantable": False},
        {"grantee": None, "privilege": "TEMPORARY", "grantable": False},
        {"grantee": "x; y", "privilege": "CONNECT", "grantable": True},
    ],
    "row": {"datcollate": "C.UTF-8", "datctype": "pt_BR.UTF-8", "datlocprovider": "c", "datconnlimit": -1},
}


def test_it_has_the_encoding_and_collation_of_the_other():
    assert properties.creation("new", PROPERTIES) == (
        "CREATE DATABASE \"new\" TEMPLATE template0 ENCODING E'UTF8' LC_COLLATE E'C.UTF-8' LC_CTYPE E'pt_BR.UTF-8'"
    )


@pytest.mark.parametrize(
    ("row", "clause"),
    [
        ({"datlocprovider": "i", "daticulocale": "pt-BR"}, "LOCALE_PROVIDER icu ICU_LOCALE E'pt-BR'"),
        ({"datlocprovider": "i", "datlocale": "pt-BR"}, "LOCALE_PROVIDER icu ICU_LOCALE E'pt-BR'"),
        (
            {"datlocprovider": "i", "datlocale": "de", "daticurules": "&a < g"},
            "LOCALE_PROVIDER icu ICU_LOCALE E'de' ICU_RULES E'&a < g'",
        ),
        ({"datlocprovider": "b", "datlocale": "C.UTF-8"}, "LOCALE_PROVIDER builtin BUILTIN_LOCALE E'C.UTF-8'"),
    ],
    ids=["15", "17", "rules", "builtin"],
)
def test_a_locale_of_another_provider_is_named(row, clause):
    assert properties.creation("new", {**PROPERTIES, "row": {**PROPERTIES["row"], **row}}).endswith(clause)


def test_nobody_gets_in_who_could_not_before():
    assert list(properties.finishing("new", PROPERTIES)) == [
        'ALTER DATABASE "new" OWNER TO "shop"',
        'ALTER DATABASE "new" CONNECTION LIMIT -1',
        'ALTER DATABASE "new" SET "statement_timeout" = E\'7s\'',
        'COMMENT ON DATABASE "new" IS NULL',
        'REVOKE ALL ON DATABASE "new" FROM PUBLIC, "shop"',
        'GRANT CONNECT ON DATABASE "new" TO "shop"',
        'GRANT TEMPORARY ON DATABASE "new" TO PUBLIC',
        'GRANT CONNECT ON DATABASE "new" TO "x; y" WITH GRANT OPTION',
    ]


def test_roles_that_earlier_releases_did_not_list_have_to_exist_too():
    settings = [{"role": name, "setting": "work_mem=1MB"} for name in ("report", "shop", "report")]
    document = {"roles": {"referenced": ["shop"]}, "database_properties": {"role_settings": settings}}
    assert properties.role_names(document) == ["shop", "report"]
    assert properties.role_names({"roles": {"referenced": ["shop"]}, "database_properties": {}}) == ["shop"]


def test_what_is_set_for_a_role_in_the_database_comes_back():
    more = {"role_settings": [{"role": "report", "setting": 'search_path="a b"'}], "comment": "it's ours"}
    template = {**PROPERTIES["row"], "datistemplate": True}
    found = list(properties.finishing("new", {**PROPERTIES, **more, "row": template}))
    assert 'ALTER ROLE "report" IN DATABASE "new" SET "search_path" = E\'a b\'' in found
    assert "COMMENT ON DATABASE \"new\" IS E'it''s ours'" in found
    assert 'ALTER DATABASE "new" IS_TEMPLATE true' in found
