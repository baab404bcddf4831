# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single table is restored with its definitions and without the rows of others."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore.table import selected

CONTENTS = """;
; Archive created at 2026-11-23
215; 1259 16400 TABLE public items shop
216; 1259 16410 TABLE public orders shop
3300; 0 16400 TABLE DATA public items shop
3301; 0 16410 TABLE DATA public orders shop
3302; 0 16411 TABLE DATA public we ird shop
3310; 0 0 SEQUENCE SET public items_id_seq shop
3150; 2606 16405 CONSTRAINT public items items_pkey shop
3160; 1259 16406 INDEX public items_body_idx shop
3170; 2606 16412 FK CONSTRAINT public orders orders_id_fkey shop
3305; 0 16420 MATERIALIZED VIEW DATA public mv shop
3400; 2613 16500 BLOB - 16500 shop
3401; 0 0 BLOBS - BLOBS
3402; 0 0 ACL - LARGE OBJECT 16500 shop
3403; 0 0 COMMENT - LARGE OBJECT 16500 shop
3500; 3466 16600 EVENT TRIGGER - stop shop
"""


def test_only_its_rows_and_nothing_that_would_miss_the_others():
    assert [line.split("; ")[0] for line in selected(CONTENTS, "public.items")] == [
        "215",
        "216",
        "3300",
        "3310",
        "3150",
        "3160",
    ]


def test_names_with_blanks_dots_and_line_ends_are_found():
    odd = "3303; 0 16412 TABLE DATA a.b c.d e f"
    contents = f"{CONTENTS}{odd}\n"
    assert odd in selected(contents, "a.b.c.d\ne", ["f"])
    assert odd in selected(contents, "a.b.c.d", ["e\nf", "e f"])
    for other in ("a.b.c.d", "a.b.c", "a.b c.d.e f"):
        assert odd not in selected(contents, other, ["f"])


def test_a_name_with_a_space_is_found():
    found = list(selected(CONTENTS, "public.we ird"))
    assert [line for line in found if "TABLE DATA" in line] == ["3302; 0 16411 TABLE DATA public we ird shop"]
