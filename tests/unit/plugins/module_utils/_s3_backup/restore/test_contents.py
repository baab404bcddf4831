# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who loads what of an archive is seen in its list."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore import contents

LISTED = """;
; Archive created at 2026-11-26
6; 2615 16391 SCHEMA - reports postgres
2; 3079 16386 EXTENSION - postgis\x20
3500; 0 0 COMMENT - EXTENSION postgis\x20
3; 3079 16387 EXTENSION - hstore\x20
3501; 0 0 COMMENT - EXTENSION hstore\x20
5; 2615 16390 SCHEMA - s3_backup postgres
3502; 0 0 ACL - SCHEMA s3_backup postgres
7; 2615 2200 SCHEMA - public pg_database_owner
210; 1255 16399 FUNCTION s3_backup environment_roles() postgres
215; 1259 16400 TABLE public orders shop
216; 1259 16410 TABLE public audit odd name
217; 1259 16411 TABLE public shop postgres
218; 2613 16500 BLOB - 16500 report
3400; 0 16400 TABLE DATA public orders shop
3401; 0 16410 TABLE DATA public audit odd name
3402; 0 16411 TABLE DATA public shop postgres
3403; 0 0 BLOBS - BLOBS\x20
3600; 3466 16600 EVENT TRIGGER - stop shop
3601; 0 0 COMMENT - EVENT TRIGGER stop shop
3700; 6100 16700 SUBSCRIPTION - news shop
3800; 0 0 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES postgres
"""
SERVER = contents.Server(
    owners=["shop", "report"],
    roles=["shop", "report", "postgres", "odd name", "name", "pg_database_owner"],
    extensions=["hstore"],
    schemas=["s3_backup"],
)
NEEDING = {
    "extension:postgis": ["2", "3500"],
    "owner:postgres": ["6", "217", "3402", "3800"],
    "owner:odd name": ["216", "3401"],
    "event_trigger:stop": ["3600", "3601"],
    "subscription:news": ["3700"],
}


def numbers(lines):
    return [line.split(";")[0] for line in lines]


def test_what_only_a_superuser_may_load_is_told_apart_by_its_word():
    found = contents.parts(LISTED, SERVER, [])
    assert {word: numbers(lines) for word, lines in found.left_out.items()} == NEEDING
    assert (found.first, found.last) == ([], [])
    assert numbers(found.own) == ["3", "3501", "7", "215", "218", "3400", "3403"]


def test_what_was_named_is_loaded_in_its_order():
    found = contents.parts(LISTED, SERVER, ["event_trigger:stop", "extension:postgis", "owner:postgres"])
    assert numbers(found.first) == ["6", "2"]
    assert numbers(found.last) == ["3500", "217", "3402", "3600", "3601", "3800"]
    assert list(found.left_out) == ["owner:odd name", "subscription:news"]


def test_a_word_that_stands_for_nothing_is_refused():
    with pytest.raises(
        Refused,
        match=r"--as-superuser is extension:plperl, expected one of owner:postgres, extension:postgis, .*, everything",
    ):
        contents.parts(LISTED, SERVER, ["extension:plperl"])


def test_the_content_of_large_objects_of_several_owners_is_loaded_where_all_are_there():
    listed = LISTED.replace("3400;", "219; 2613 16501 BLOB - 16501 postgres\n3400;")
    with pytest.raises(Refused, match="some need owner:postgres: add --as-superuser=owner:postgres"):
        contents.parts(listed, SERVER, ["owner:odd name"])
    found = contents.parts(listed, SERVER, ["owner:postgres"])
    assert "218" in numbers(found.own)
    assert "3403" not in numbers(found.own)
    assert numbers(found.last) == ["217", "219", "3402", "3403", "3800"]


def test_privileges_on_schemas_of_others_come_before_what_needs_them():
    own = contents.parts(LISTED.replace("SCHEMA - reports postgres", "SCHEMA - reports report"), SERVER, []).own
    assert contents.in_order(own, "shop") == [own]
    privilege = "3503; 0 0 ACL - SCHEMA reports report"
    early, rest = contents.in_order([*own, privilege], "shop")
    assert numbers(early) == ["6", "7", "3503"]
    assert sorted([*early, *rest]) == sorted([*own, privilege])
    # Of its own schemas it needs none.
    assert contents.in_order([*own, "3503; 0 0 ACL - SCHEMA public pg_database_owner"], "shop")[1:] == []


def test_rows_of_what_was_left_out_are_not_expected():
    document = {"tables": {"public.orders": 1, "public.audit": 2, "public.shop": 3}, "large_objects": {"number": 1}}
    left_out = contents.parts(LISTED, SERVER, []).left_out
    assert contents.without(document, left_out) == {**document, "tables": {"public.orders": 1}}
    blob = {"owner:report": ["218; 2613 16500 BLOB - 16500 report"]}
    assert contents.without(document, blob)["large_objects"] is None
