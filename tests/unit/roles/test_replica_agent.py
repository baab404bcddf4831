# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members serve reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[3] / "roles/pgbouncer/files/replica_agent.py"


@pytest.fixture(scope="module")
def agent():
    specification = importlib.util.spec_from_file_location("replica_agent", FILE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def verdicts(agent):
    """A function from name=(age, standby, position) to name: first word of the verdict or its reason."""

    def get(reached=0, **members):
        answers = {name: agent.Answer(100 - given[0], *given[1:]) if given else None for name, given in members.items()}
        found = agent.verdicts(answers, 100, reached)
        return {name: text.split("#")[-1] for name, text in found.items()}

    return get


def test_standbys_serve_and_the_primary_does_not(verdicts):
    assert verdicts(main=(0, False, 50), one=(0, True, 50), two=(1, True, 40)) == {
        "main": "takes writes",
        "one": "up ready",
        "two": "up ready",
    }


def test_a_promoted_standby_is_out(verdicts):
    assert verdicts(one=(0, False, 50), two=(0, True, 50)) == {"one": "takes writes", "two": "up ready"}


def test_one_that_hangs_or_is_gone_is_out(verdicts):
    assert verdicts(one=(4, True, 50), two=None, three=(1, True, 50)) == {
        "one": "does not answer",
        "two": "does not answer",
        "three": "up ready",
    }


def test_one_that_is_left_behind_is_out(verdicts):
    assert verdicts(reached=50, one=(0, True, 49), two=(0, True, 50)) == {"one": "left behind", "two": "up ready"}


def test_old_data_are_better_than_none(verdicts):
    assert verdicts(reached=50, main=None, one=(0, True, 40), two=(0, True, 45)) == {
        "main": "does not answer",
        "one": "up ready",
        "two": "up ready",
    }


def test_the_furthest_position_counts_only_after_the_delay(agent):
    furthest = agent.Furthest(30)
    furthest.add(0, 10)
    furthest.add(20, 90)
    furthest.add(40, 50)
    assert [furthest.reached(now) for now in (29, 30, 49, 50, 80)] == [0, 10, 10, 90, 90]
