# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who listens to an application's events by websockets: which of them were closed, and what they missed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.helpers.edge import ROOTS, Visitor
from support.helpers.programs import running

# Seconds within which it is not certain whether a connection was there first, or an event. Of the end, too: what was said last may be on
# its way when they leave.
SLACK = 2.0
# Laravel's and Reverb's word for a server that goes.
GOING_AWAY = 1001


@dataclass
class Listeners:
    """``connections``: those of each listener, one after the other. ``said``: when each number was told to the application."""

    connections: list[list[dict[str, Any]]] = field(default_factory=list)
    said: dict[int, float] = field(default_factory=dict)
    # What was refused: a connection, an event.
    refused: list[Any] = field(default_factory=list)

    def missed(self) -> dict[int, str]:
        """Events that an open connection did not hear. While all connect again at once, there is none."""
        found = {}
        every = [connection for listener in self.connections for connection in listener]
        last = max(self.said.values(), default=0) - SLACK
        for number, said in self.said.items():
            times = [each["heard"][number] for each in every if number in each["heard"]]
            if not times:
                if any(each["opened"] < said - SLACK and (each["closed"] or last) > said + SLACK for each in every):
                    found[number] = "heard by nobody"
                continue
            deaf = sum(
                number not in each["heard"]
                for each in every
                if each["opened"] < min(times) - SLACK and (each["closed"] or last) > max(times)
            )
            if deaf:
                found[number] = f"not heard by {deaf} of {len(every)} connections"
        return found

    def closings(self, since: float, until: float) -> list[list[tuple[int, float]]]:
        """Of each listener the code and the second, counted from ``since`` on, of each close before ``until``."""
        return [
            [
                (each["code"], each["closed"] - since)
                for each in listener
                if each["closed"] and since <= each["closed"] < until
            ]
            for listener in self.connections
        ]


@contextmanager
def listening(visitor: Visitor, domain: str, key: str, sockets: int, every: float = 0.5) -> Iterator[Listeners]:
    """Listeners for as long as the block lasts, while an event is told ``every`` so many seconds; what became of it is known afterwards."""
    job = {"domain": domain, "key": key, "roots": ROOTS, "sockets": sockets, "every": every}
    found = Listeners()
    with running(visitor.machine, "websockets.py", job) as answer:
        yield found
    told = answer.result()
    # JSON has texts for keys.
    found.connections = [
        [{**each, "heard": {int(number): when for number, when in each["heard"].items()}} for each in listener]
        for listener in told["listeners"]
    ]
    found.said = {int(number): when for number, when in told["said"].items()}
    found.refused = told["refused"] + told["unsaid"]
