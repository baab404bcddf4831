# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restored database is like the one that was backed up, and lets in nobody else."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import target

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
    assert target.creation("new", PROPERTIES) == (
        "CREATE DATABASE \"new\" TEMPLATE template0 OWNER \"shop\" ENCODING E'UTF8' LC_COLLATE E'C.UTF-8' "
        "LC_CTYPE E'pt_BR.UTF-8'"
    )


@pytest.mark.parametrize(
    ("row", "clause"),
    [
        ({"datlocprovider": "i", "daticulocale": "pt-BR"}, "LOCALE_PROVIDER icu ICU_LOCALE E'pt-BR'"),
        ({"datlocprovider": "i", "datlocale": "pt-BR"}, "LOCALE_PROVIDER icu ICU_LOCALE E'pt-BR'"),
        ({"datlocprovider": "b", "datlocale": "C.UTF-8"}, "LOCALE_PROVIDER builtin BUILTIN_LOCALE E'C.UTF-8'"),
    ],
    ids=["15", "17", "builtin"],
)
def test_a_locale_of_another_provider_is_named(row, clause):
    assert target.creation("new", {**PROPERTIES, "row": {**PROPERTIES["row"], **row}}).endswith(clause)


def test_nobody_gets_in_who_could_not_before():
    assert list(target.privileges("new", PROPERTIES)) == [
        'ALTER DATABASE "new" CONNECTION LIMIT -1',
        'ALTER DATABASE "new" SET "statement_timeout" = E\'7s\'',
        'REVOKE ALL ON DATABASE "new" FROM PUBLIC',
        'GRANT CONNECT ON DATABASE "new" TO "shop"',
        'GRANT TEMPORARY ON DATABASE "new" TO PUBLIC',
        'GRANT CONNECT ON DATABASE "new" TO "x; y" WITH GRANT OPTION',
    ]


def test_differing_rows_and_tables_are_named():
    assert target.differences({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "d": 4}) == [
        "b has 1 rows, expected 2",
        "c has no table and no rows, expected 3",
        "d has 4 rows, expected no such table",
    ]
    assert target.differences({"a": 0}, {"a": 0}) == []


def test_a_name_that_would_be_cut_off_is_refused():
    target.check_name("a" * 54)
    for name in ("", "a" * 55, "é" * 28):
        with pytest.raises(Refused, match=r"bytes, expected 1 to 54"):
            target.check_name(name)
