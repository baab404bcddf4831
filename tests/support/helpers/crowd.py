# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Visitors of many kinds at once: pages, assets, uploads and jobs, by HTTP/1.1 and HTTP/2; what they were answered, and by whom."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.helpers.edge import ROOTS, Visitor
from support.helpers.programs import running

# How many of each. Those before the uploads ask for pages.
KINDS = {"keep-alive": 8, "new connection": 2, "post": 2, "http2": 2, "asset": 2, "upload": 2, "job": 1, "long job": 1}
DYNAMIC = ("keep-alive", "new connection", "post", "http2")


@dataclass
class Crowd:
    """``kinds``: what became of each kind's requests. ``runs``: release, first and last time that it answered one visitor in a row."""

    seconds: float = 0.0
    kinds: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: list[tuple[str, float, float]] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)

    def failures(self) -> dict[str, Any]:
        return {kind: told["failures"] for kind, told in self.kinds.items() if told["failed"]}

    def rate(self) -> float:
        """Answers of the application a second."""
        return float(sum(self.kinds[kind]["asked"] for kind in DYNAMIC if kind in self.kinds) / self.seconds)

    def longest(self) -> float:
        return max(float(told["longest"]) for kind, told in self.kinds.items() if kind != "upload")

    def last_answer(self, release: str, since: float, until: float) -> float:
        """When a release answered last before ``until``, of those that it served at ``since``."""
        return max(last for name, first, last in self.runs if name == release and first < since and last <= until)


@contextmanager
def crowd(visitor: Visitor, domain: str, rate: float, kinds: Mapping[str, int]) -> Iterator[Crowd]:
    """They ask for as long as the block lasts; afterwards it is known what they were answered. ``rate``: of each, 0 without a pause."""
    job = {"domain": domain, "roots": ROOTS, "rate": rate, "kinds": dict(kinds)}
    found = Crowd()
    with running(visitor.machine, "visitors.py", job) as answer:
        yield found
    told = answer.result()
    found.seconds, found.kinds, found.jobs = told["seconds"], told["kinds"], told["jobs"]
    found.runs = [tuple(run) for run in told["runs"]]


def sustained(visitor: Visitor, domain: str, seconds: float = 15) -> float:
    """How many answers a second the application gives to visitors who ask as fast as they are answered."""
    kinds = {kind: KINDS[kind] for kind in ("keep-alive", "new connection", "post")}
    with crowd(visitor, domain, 0, kinds) as found:
        time.sleep(seconds)
    assert not found.failures(), found.failures()
    return found.rate()
