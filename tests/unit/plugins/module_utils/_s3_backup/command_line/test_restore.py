# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore says in the end is what it did."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line.restore import told

DONE = {"database": "shop", "backup": "20260101", "rows": 5, "tables": 2, "left_out": [], "aside": None}


def test_a_database_is_as_dumped_only_if_nothing_was_left_out():
    assert told(DONE, 61) == ["shop holds 20260101: 5 rows in 2 tables, as dumped; 1:01"]
    first, second = told({**DONE, "left_out": ["owner:postgres"]}, 1)
    assert "as dumped" not in first
    assert second == "left out: owner:postgres, which only a superuser may load"
