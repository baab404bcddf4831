# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A standby never gets less than its primary has; what is unknown changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.standby_limits import NAMES, lowered, minimums

UNKNOWN = [None, {}, dict.fromkeys(NAMES)]


def settings(**changed):
    return {**dict.fromkeys(NAMES, 10), **changed}


def test_they_are_the_settings_that_postgresql_compares():
    assert NAMES == (
        "max_connections",
        "max_worker_processes",
        "max_wal_senders",
        "max_prepared_transactions",
        "max_locks_per_transaction",
    )


class TestMinimums:
    def test_what_is_desired_where_it_is_enough(self):
        assert minimums(settings(max_connections=20), settings(), settings()) == settings(max_connections=20)

    def test_never_less_than_the_control_file_says(self):
        assert minimums(settings(), settings(max_wal_senders=30), settings())["max_wal_senders"] == 30

    def test_never_less_than_the_primary_has(self):
        assert minimums(settings(), settings(), settings(max_wal_senders=30))["max_wal_senders"] == 30

    @pytest.mark.parametrize("unknown", UNKNOWN)
    def test_what_is_unknown_asks_for_nothing(self, unknown):
        assert minimums(settings(), unknown, unknown) == settings()

    def test_settings_that_need_not_be_equal_are_not_among_them(self):
        assert "max_replication_slots" not in minimums(settings(), settings(max_replication_slots=99), None)

    def test_a_value_that_the_server_will_refuse_counts_as_nothing(self):
        assert minimums(settings(max_connections="many"), settings(), None)["max_connections"] == 10


class TestLowered:
    def test_less_than_the_control_file_says(self):
        assert lowered(settings(max_connections=9, max_wal_senders=11), settings()) == ["max_connections"]

    def test_text_from_the_inventory_is_a_number(self):
        assert lowered(settings(max_connections="9", max_wal_senders="100"), settings()) == ["max_connections"]

    @pytest.mark.parametrize("unknown", UNKNOWN)
    def test_nothing_where_there_is_no_control_file(self, unknown):
        assert lowered(settings(max_connections=0), unknown) == []


NUMBERS = st.fixed_dictionaries({name: st.integers(0, 5) for name in NAMES})


@given(desired=NUMBERS, control=NUMBERS, primary=NUMBERS)
def test_a_standby_that_was_raised_first_can_replay_its_primary(desired, control, primary):
    given_to_it = minimums(desired, control, primary)
    assert all(lowered(given_to_it, least) == [] for least in (desired, control, primary))
