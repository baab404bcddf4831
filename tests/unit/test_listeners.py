# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of deployments call a missed event, and a close."""

from __future__ import annotations

from support.helpers.listeners import GOING_AWAY, Listeners


def connection(opened, closed, *heard, code=GOING_AWAY):
    return {"opened": opened, "closed": closed, "code": closed and code, "heard": dict(heard)}


def test_an_event_is_missed_by_whoever_was_open_before_and_after_it():
    said = {1: 10.0, 2: 20.0, 3: 30.0, 4: 40.0}
    both = [[connection(0, 25, (1, 10.1), (2, 20.2)), connection(26, None, (3, 30.1), (4, 40.1))]]
    assert Listeners(both, said).missed() == {}
    deaf = [
        [connection(0, 25, (1, 10.1)), connection(26, None, (4, 40.1))],
        [connection(0, None, (1, 10.1), (2, 20.1), (4, 40.1))],
    ]
    assert Listeners(deaf, said).missed() == {2: "not heard by 1 of 3 connections", 3: "heard by nobody"}
    gap = Listeners(
        [[connection(0, 25, (1, 10.1)), connection(26, None, (3, 30.1), (4, 40.1))]],
        {1: 10.0, 2: 25.5, 3: 30.0, 4: 40.0},
    )
    assert gap.missed() == {}, "nobody was there"
    assert 4 not in Listeners([[connection(0, None, (1, 1), (2, 2), (3, 3))]], said).missed(), "it may be on its way"


def test_closes_are_told_by_listener_and_time():
    found = Listeners([[connection(0, 25), connection(26, 70, code=1006), connection(71, None)], [connection(0, None)]])
    assert found.closings(20, 60) == [[(GOING_AWAY, 5)], []]
    assert found.closings(20, 80) == [[(GOING_AWAY, 5), (1006, 50)], []]
