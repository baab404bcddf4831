# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member that is new confirms nothing until it was cloned; one that lost its data is waited for as before."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.filter.postgres_synchronous_standby_names import (
    postgres_synchronous_standby_names,
)

MEMBERS = [{"name": name, "machine": "db01"} for name in ("pg-main", "pg-replica1", "pg-replica2")]
BOTH = '("pg-replica1", "pg-replica2")'


@pytest.mark.parametrize(
    ("mode", "uncloned", "running", "setting"),
    [
        ("all", [], 'ANY 1 ("pg-replica1")', f"ANY 2 {BOTH}"),
        ("all", ["pg-replica2"], 'ANY 1 ("pg-replica1")', 'ANY 1 ("pg-replica1")'),
        ("all", ["pg-replica2"], f"ANY 2 {BOTH}", f"ANY 2 {BOTH}"),
        ("all", ["pg-replica1", "pg-replica2"], "", ""),
        ("all", ["pg-replica1", "pg-replica2"], f"ANY 2 {BOTH}", f"ANY 2 {BOTH}"),
        ("quorum", ["pg-replica1"], "", 'ANY 1 ("pg-replica2")'),
        ("async", ["pg-replica1"], "", ""),
    ],
)
def test_who_confirms_while_members_are_cloned(mode, uncloned, running, setting):
    made = postgres_synchronous_standby_names(MEMBERS, mode, uncloned=uncloned, running=running)
    assert made["pg-main"] == setting
