# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two rounds of chaos; a hundred more are in tests/long/chaos."""

from __future__ import annotations

import pytest
from support.chaos.operator import go_home
from support.chaos.plan import IN_BRIEF, plan_of
from support.chaos.round import Round


@pytest.fixture(scope="module", autouse=True)
def home():
    yield
    go_home()


@pytest.mark.parametrize("seed", IN_BRIEF)
def test_nothing_is_lost_and_all_stream(seed):
    chaos = Round(plan_of(seed), test="chaos-in-brief")
    try:
        chaos.run()
    finally:
        print(chaos.report())
