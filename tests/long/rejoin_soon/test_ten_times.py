# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover under load and a rejoin within seconds, twice in a row: every member streams on the new timeline each time.

The load leaves so many changed pages in memory that the checkpoint which the promotion asked for is not over by then, so the new
primary's control file still names the old timeline.
"""

from __future__ import annotations

import pytest
from support.chaos.members import writable
from support.chaos.plan import Plan
from support.chaos.round import Round

TIMES = 10


@pytest.mark.parametrize("number", range(1, TIMES + 1))
def test_twice_in_a_row(number):
    for turn in ("first", "second"):
        primary = writable()[0]
        plan = Plan(
            number, primary, f"rejoin soon, {turn}", ((0.0, "sigkill"),), load=6, dirty=40, warm=8.0, reaction=0.2
        )
        chaos = Round(plan, test=f"rejoin-soon-{turn}")
        try:
            result = chaos.run()
        finally:
            print(chaos.report())
        assert result.became != primary and not result.word
