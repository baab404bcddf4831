# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs that begin a few seconds apart: which there are, and whether they ended as two runs may. Nothing here needs a lab."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from support.chaos.round import BROKEN
from support.helpers.lab import DATABASE, changed


class Run(NamedTuple):
    """A playbook of the lab, with the inventory of one environment."""

    playbook: str
    inventory: str = "production"


RUNS = {
    "converge production": Run("site"),
    "converge staging": Run("site", "staging"),
    "switchover": Run("switchover"),
    "failover": Run("failover"),
    "rejoin": Run("rejoin"),
    "restore": Run("restore"),
    "patch": Run("patch"),
}
# Of a failover that was not needed, and of one whose survey is from before somebody was promoted.
NO_FAILOVER = ("takes writes", "was promoted since")
# Seconds in which a run that gave its locks back ends, and its end is seen.
LEAVING = 10
REFUSAL = re.compile(
    r"(?P<who>[\w.-]+@[\w.-]+:(?P<process>\d+)) has the lock cluster since [\d-]+ [\d:]+ UTC, for (?P<reason>\S+), on [\w-]+\. "
    r"Nothing was changed\.[^\"']*?playbooks/unlock\.yml -e unlock=(?P<unlock>[\w.@:-]+)"
)


def chosen(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """The pairs to run: PAIR, one alone as ``first,second``; else those that begin with one of PAIRS_FIRST; else all, in both orders and
    of a run with its like.
    """
    if alone := environment.get("PAIR"):
        first, _comma, second = (part.strip() for part in alone.partition(","))
        found = [(first, second)]
    else:
        firsts = environment.get("PAIRS_FIRST", ",".join(RUNS)).split(",")
        found = list(itertools.product(firsts, RUNS))
    unknown = {name for pair in found for name in pair} - RUNS.keys()
    assert not unknown, f"no run is called {', '.join(sorted(unknown))}, expected two of {', '.join(RUNS)}"
    return found


def variables(name: str, place: int, standbys: list[str]) -> dict[str, str]:
    """What a run is given. Two of the same kind are given different things, so that both have something to do.

    :arg place: 0 for the first of a pair, 1 for the second.
    """
    return {
        "switchover": {"switchover_target": standbys[place]},
        "restore": {"restore_into": scratch(place)},
    }.get(name, {})


def scratch(place: int) -> str:
    """The database into which a restore goes."""
    return f"{DATABASE}_pairs_{place}"


@dataclass(frozen=True)
class Ended:
    """A run of a pair that has ended, and when, in seconds since 1970."""

    name: str
    process: int
    code: int
    output: str
    ended: float

    @property
    def said(self) -> str:
        return " ".join(self.output.split())

    @property
    def refused(self) -> bool:
        """Whether it went away because of another run."""
        return bool(self.code and REFUSAL.search(self.said))


def disorder_of_runs(first: Ended, second: Ended, lock: Mapping[str, Any]) -> list[str]:
    """What is wrong with the ends of two runs: one at least went on, with the lock to itself; the other one went on after it, or was
    refused by its name.

    :arg lock: the lock of the members' machine as both left it.
    """
    runs = (first, second)
    alive = "failover" not in (first.name, second.name)
    found = []
    for run, other in (runs, runs[::-1]):
        if run.refused:
            found += _wrong_refusal(run, other)
        elif run.code and (alive or (run.name == "failover" and not _said_one_of(run, NO_FAILOVER))):
            found.append(f"{run.name} ended with {run.code}")
        # Where there is a failover, the primary was killed under the other run, and not everything that it asks tells that well.
        if (alive or run.name == "failover") and (words := _said_one_of(run, BROKEN)):
            found.append(f"{run.name} fell over its own feet: {words}")
    went_on = sorted((run for run in runs if not run.refused), key=lambda run: run.ended)
    if not went_on:
        return [*found, "both were refused"]
    last = went_on[-1]
    if lock["holder"]["process"] != last.process:
        found.append(f"{last.name} went on without the lock, which {lock['holder']} had last")
    elif len(went_on) == 2 and lock["since"] < went_on[0].ended - LEAVING:
        found.append(
            f"{last.name} had the lock {went_on[0].ended - lock['since']:.0f} s before {went_on[0].name} ended"
        )
    if lock["state"] == "held" and not last.code:
        found.append(f"{last.name} has not given its lock back")
    return found


def _said_one_of(run: Ended, words: tuple[str, ...]) -> list[str]:
    return [each for each in words if each in run.said]


def _wrong_refusal(run: Ended, other: Ended) -> list[str]:
    expected = (str(other.process), f"{RUNS[other.name].playbook}.yml")
    # Ansible says it more than once, and breaks lines at hyphens in between.
    told = [each for each in REFUSAL.finditer(run.said) if each["unlock"] == each["who"]]
    found = []
    if {(each["process"], each["reason"]) for each in told} != {expected}:
        names = [each[0] for each in told]
        found.append(f"{run.name} was refused because of another run than {other.name} ({other.process}): {names}")
    if changes := changed(run.output):
        found.append(f"{run.name} was refused and changed {changes} things")
    return found
