# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many standbys confirm a commit: what the setting says, and what it is made of."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import (
    MODES,
    confirmations,
    standby_names,
    standby_names_during_adoption,
)

NAMES = ["pg-main", "pg-replica1", "pg-replica2"]


@pytest.mark.parametrize(
    ("setting", "count"),
    [
        ('ANY 1 ("a", "b")', 1),
        ('ANY 2 ("a", "b")', 2),
        ("FIRST 1 (a)", 1),
        ("2 (a, b)", 2),
        ("a", 1),
        ("", 0),
        (None, 0),
    ],
)
def test_confirmations(setting, count):
    assert confirmations(setting) == count


@pytest.mark.parametrize(
    ("mode", "setting"),
    [
        ("quorum", 'ANY 1 ("pg-main", "pg-replica1", "pg-replica2")'),
        ("all", 'ANY 2 ("pg-main", "pg-replica1", "pg-replica2")'),
        ("async", ""),
    ],
)
def test_every_member_carries_all_names_quoted(mode, setting):
    assert standby_names(mode, NAMES) == setting


@pytest.mark.parametrize("mode", MODES)
def test_a_member_alone_waits_for_nobody(mode):
    assert standby_names(mode, ["pg-main"]) == ""


@pytest.mark.parametrize("size", [2, 3, 5])
def test_what_was_made_is_read_as_it_was_meant(size):
    made = {mode: confirmations(standby_names(mode, [f"pg-{number}" for number in range(size)])) for mode in MODES}
    assert made == {"quorum": 1, "all": size - 1, "async": 0}


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="the mode is quorom, expected one of quorum, all, async"):
        standby_names("quorom", NAMES)


class TestAdoption:
    def test_the_names_of_before_count_until_it_is_over(self):
        setting = standby_names_during_adoption("quorum", NAMES, "FIRST 1 (old)", ["old", "15/main", "old"])
        assert setting == 'ANY 1 ("pg-main", "pg-replica1", "pg-replica2", "old", "15/main")'

    def test_the_number_is_that_of_the_members(self):
        assert confirmations(standby_names_during_adoption("all", NAMES, "old", ["old", "15/main"])) == 2

    @pytest.mark.parametrize("before", ["", None])
    def test_commits_do_not_begin_to_wait(self, before):
        assert standby_names_during_adoption("quorum", NAMES, before, ["old"]) == ""

    def test_commits_that_shall_not_wait_stop_doing_so(self):
        assert standby_names_during_adoption("async", NAMES, "FIRST 1 (old)", ["old"]) == ""
