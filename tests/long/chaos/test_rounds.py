# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds of chaos: nothing that was acknowledged is lost, no two members acknowledge, and every member streams afterwards.

Each round begins with what the one before left. `make test-all PART=chaos-17a SEED=60` runs one alone.
"""

from __future__ import annotations

import os

import pytest
from support.chaos.operator import Operator
from support.chaos.plan import plan_of
from support.chaos.round import Round
from support.helpers.checkout import ROOT

# A range such as 1-25, or one number.
FIRST, _to, LAST = (os.environ.get("SEED") or os.environ.get("CHAOS_SEEDS", "1-25")).partition("-")
SEEDS = range(int(FIRST), int(LAST or FIRST) + 1)


@pytest.fixture(scope="session", autouse=True)
def pooler():
    """PgBouncer on the machine that has one member; the scenario itself has none."""
    operator = Operator(ROOT / ".cache" / "test" / "chaos-pooler", ["production", "pooler"])
    for name in ("postgres", "pgbouncer"):
        done = operator.run(name)
        assert done.code == 0, done.output
    operator.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_all_stream(seed):
    chaos = Round(plan_of(seed), pooler=True)
    try:
        chaos.run()
    finally:
        print(chaos.report())
