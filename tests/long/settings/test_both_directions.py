# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One setting that standbys must raise first, and one that the primary must lower first, in the same converge."""

from __future__ import annotations

import pytest
from support.helpers.lab import PORTS, changed, playbook


def converge(**variables):
    done = playbook("postgres", variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(autouse=True)
def as_before():
    yield
    converge()
    assert changed(converge()) == 0


@pytest.mark.parametrize(("connections", "locks"), [(130, 32), (100, 128)])
def test_one_up_and_another_down_at_once(admin_sql, connections, locks):
    converge(postgres_max_connections=connections, postgres_settings={"max_locks_per_transaction": locks})
    for port in PORTS.values():
        assert admin_sql("SHOW max_connections", port=port) == str(connections)
        assert admin_sql("SHOW max_locks_per_transaction", port=port) == str(locks)
