# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slow link is no outage: attempts count as well as time, and what moves is waited for."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.s3.patience import Patience


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def attempts_until_over(seconds, each, moves=0.0, most=100):
    """(number of attempts, seconds) until it is over, where each takes so long and moves something for the first part of it."""
    clock = Clock()
    waiting = Patience(seconds, clock=clock)
    for number in range(1, most + 1):
        if moves:
            waiting.moved()
            clock.now += moves
            waiting.moved()
        clock.now += each - moves
        if waiting.is_over():
            return number, clock.now
        clock.now += waiting.pause()
    return None, clock.now


@pytest.mark.parametrize(
    ("each", "moves", "attempts"),
    [
        (0.0, 0.0, 22),  # refused at once: the time counts
        (100.0, 0.0, 3),  # a block that hangs as long as the whole outage may last: the attempts count
        (100.0, 2.0, 3),  # a cut soon after the beginning: the same
        (10.0, 0.1, 8),  # a cut, while the buffers take some blocks each time
        (200.0, 199.0, 10),  # almost a whole part each time, and never all of it
    ],
)
def test_when_it_is_over(each, moves, attempts):
    found, took = attempts_until_over(90, each, moves)
    assert found == attempts
    assert took >= 90


def test_it_goes_on_while_something_moved_lately():
    clock = Clock()
    waiting = Patience(90, clock=clock)
    for _attempt in range(5):
        waiting.moved()
        clock.now += 300
        waiting.moved()
        clock.now += 30
        assert not waiting.is_over()


def test_pauses_grow_and_stay_short():
    waiting = Patience(90, clock=Clock())
    pauses = []
    for _attempt in range(8):
        waiting.is_over()
        pauses.append(waiting.pause())
    assert pauses == [0.5, 1, 2, 4, 5, 5, 5, 5]
