# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many standbys confirm a commit: what the setting says, and what it is made of."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import (
    MODES,
    confirmations,
    listed,
    standby_names,
    standby_names_during_adoption,
    weakest,
    without_new,
)

NAMES = ["pg-main", "pg-replica1", "pg-replica2"]
ONE_MACHINE = dict.fromkeys(NAMES, "db01")
# Five replicas on three machines.
THREE_MACHINES = {"m": "db01", "r1": "db01", "r2": "db02", "r3": "db02", "r4": "db03", "r5": "db03"}


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
    ("setting", "names"),
    [
        ('ANY 1 ("a", "b c")', ["a", "b c"]),
        ("FIRST 2 (a,b)", ["a", "b"]),
        ("a, b", ["a", "b"]),
        ('"a""b"', ['a"b']),
        ("*", None),
        ("ANY 1 (*)", None),
        ("", []),
        (None, []),
    ],
)
def test_listed(setting, names):
    assert listed(setting) == names


@pytest.mark.parametrize(
    ("mode", "setting"),
    [
        ("quorum", 'ANY 1 ("pg-replica1", "pg-replica2")'),
        ("all", 'ANY 2 ("pg-replica1", "pg-replica2")'),
        ("async", ""),
    ],
)
def test_on_one_machine_every_other_member_is_listed(mode, setting):
    assert standby_names(mode, ONE_MACHINE)["pg-main"] == setting


@pytest.mark.parametrize(
    ("member", "count", "setting"),
    [
        ("m", 1, 'ANY 1 ("r2", "r3", "r4", "r5")'),
        ("r2", 1, 'ANY 1 ("m", "r1", "r4", "r5")'),
        ("m", 3, 'ANY 3 ("r2", "r3", "r4", "r5")'),
        # With exactly as many as have to confirm, one that is down would stop all writes.
        ("m", 4, 'ANY 4 ("r1", "r2", "r3", "r4", "r5")'),
        ("m", 9, 'ANY 5 ("r1", "r2", "r3", "r4", "r5")'),
    ],
)
def test_standbys_beside_the_primary_do_not_count_where_there_are_enough_others(member, count, setting):
    assert standby_names("quorum", THREE_MACHINES, count)[member] == setting


def test_two_machines_with_one_standby_elsewhere_list_both():
    machines = {"pg-main": "db01", "pg-replica1": "db01", "pg-replica2": "db02"}
    assert standby_names("quorum", machines)["pg-main"] == 'ANY 1 ("pg-replica1", "pg-replica2")'
    assert standby_names("quorum", machines)["pg-replica2"] == 'ANY 1 ("pg-main", "pg-replica1")'


@pytest.mark.parametrize("mode", MODES)
def test_a_member_alone_waits_for_nobody(mode):
    assert standby_names(mode, {"pg-main": "db01"}) == {"pg-main": ""}


@pytest.mark.parametrize("size", [2, 3, 5])
def test_what_was_made_is_read_as_it_was_meant(size):
    machines = {f"pg-{number}": "db01" for number in range(size)}
    made = {mode: confirmations(standby_names(mode, machines)["pg-0"]) for mode in MODES}
    assert made == {"quorum": 1, "all": size - 1, "async": 0}
    assert listed(standby_names("quorum", machines)["pg-0"]) == list(machines)[1:]


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="the mode is quorom, expected one of quorum, all, async"):
        standby_names("quorom", ONE_MACHINE)


def seen(name, value, source="running"):
    return {"name": name, "value": value, "source": source}


class TestWeakest:
    def test_the_smallest_number_and_every_name(self):
        found = weakest(seen("synchronous_standby_names", value) for value in ("ANY 2 (a, b)", "FIRST 1 (b, c)"))
        assert found == {"confirmations": 1, "listed": ["a", "b", "c"], "weak_commits": []}

    def test_one_place_where_it_is_empty_is_enough(self):
        found = weakest(
            [seen("synchronous_standby_names", "ANY 2 (a, b)"), seen("synchronous_standby_names", "", "auto.conf")]
        )
        assert found["confirmations"] == 0

    def test_any_standby_may_be_meant(self):
        assert (
            weakest([seen("synchronous_standby_names", "*"), seen("synchronous_standby_names", "a")])["listed"] is None
        )

    def test_nothing_read_is_nothing_sure(self):
        assert weakest([]) == {"confirmations": 0, "listed": [], "weak_commits": []}

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("off", ["commits with synchronous_commit=off (role app in database shop) may be lost"]),
            ("local", ["commits with synchronous_commit=local (role app in database shop) may be lost"]),
            (
                "remote_write",
                [
                    "commits with synchronous_commit=remote_write (role app in database shop) may be lost where the standby's machine "
                    "crashed too"
                ],
            ),
            # As PostgreSQL keeps what was said with ALTER ROLE, and as a file may have it.
            ("No", ["commits with synchronous_commit=No (role app in database shop) may be lost"]),
            ("false", ["commits with synchronous_commit=false (role app in database shop) may be lost"]),
            ("0", ["commits with synchronous_commit=0 (role app in database shop) may be lost"]),
            ("on", []),
            ("1", []),
            ("remote_apply", []),
        ],
    )
    def test_commits_that_wait_for_less(self, value, said):
        settings = [seen("synchronous_commit", value, "role app in database shop")]
        assert weakest([*settings, *settings])["weak_commits"] == said


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


@pytest.mark.parametrize(
    ("uncloned", "running", "counted"),
    [
        ([], "", ["pg-main", "pg-replica1", "pg-replica2"]),
        (["pg-replica2"], 'ANY 1 ("pg-replica1")', ["pg-main", "pg-replica1"]),
        (["pg-replica2"], 'ANY 2 ("pg-replica1", "pg-replica2")', ["pg-main", "pg-replica1", "pg-replica2"]),
        (["pg-replica1", "pg-replica2"], "", ["pg-main"]),
        (["pg-replica1"], None, ["pg-main", "pg-replica2"]),
    ],
)
def test_a_new_member_counts_once_it_is_cloned(uncloned, running, counted):
    members = ONE_MACHINE
    assert [*without_new(members, uncloned, running)] == counted
