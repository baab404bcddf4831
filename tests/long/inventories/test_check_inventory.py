# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sixty inventories that are made up: check-inventory takes the good ones, and says of the others what was done to them."""

from __future__ import annotations

import pytest
from support.inventories.checked import told, wrong

COUNT, AT_ONCE = 60, 4


@pytest.fixture(scope="module")
def taken():
    """Of each number whether it was taken."""
    return {}


@pytest.mark.parametrize("first", range(0, COUNT, AT_ONCE))
def test_each_refusal_is_about_what_was_done(offline, tmp_path, taken, first):
    found = told(offline, tmp_path, range(first, first + AT_ONCE))
    taken |= {inventory.number: not texts for inventory, texts in found}
    assert wrong(found) == {}


def test_most_of_them_are_taken(taken):
    assert len(taken) == COUNT and sum(taken.values()) >= 0.6 * COUNT
