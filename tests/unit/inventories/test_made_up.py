# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories that are made up: good ones are taken, and each refusal is about what was done to one. A number names an inventory.

More of them, and what their programs say of good ones, is in tests/long/inventories.
"""

from __future__ import annotations

from support.inventories.checked import told, wrong
from support.inventories.mutations import MUTATIONS, mutated
from support.inventories.pure import problems

COUNT = 2000
# Few machines with all parts: two good ones, and four to which something was done.
CHECKED = (8, 13, 18, 21, 27, 32)


def test_each_refusal_is_about_what_was_done_and_nothing_else_is_refused():
    found = [(inventory, problems(inventory)) for inventory in map(mutated, range(COUNT))]
    assert wrong(found) == {}
    assert sum(not texts for _inventory, texts in found) >= 0.6 * COUNT
    assert {name for inventory, _texts in found for name in inventory.mutations} == set(MUTATIONS)


def test_check_inventory_says_the_same(offline, tmp_path):
    found = told(offline, tmp_path, CHECKED)
    assert wrong(found) == {}
    assert len([texts for _inventory, texts in found if texts]) == 4
