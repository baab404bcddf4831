# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who acknowledged which commit and when: writers on every member, and the judge of what they wrote down."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from support.chaos.members import ADDRESSES, MEMBERS, engine, inside, machine_of, sql
from support.chaos.plan import Plan
from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for

PROGRAM = ROOT / "tests" / "support" / "programs" / "chaos_writer.py"
# On each machine. Not /tmp, which a restart empties.
LEDGERS = "/var/tmp/chaos"


class Commit(NamedTuple):
    """A commit that was acknowledged: by whom, and when by the clock that all machines share."""

    member: str
    name: str
    begun: float
    acknowledged: float


def start_anew(plan: Plan) -> None:
    """Writers on every member, with empty tables and ledgers; comes back when the primary has acknowledged a few."""
    _prepare_tables(plan)
    for machine in ADDRESSES:
        inside(
            machine,
            f"pkill -f '^python3 {LEDGERS}'; rm -rf {LEDGERS} && install -d -o postgres -g postgres {LEDGERS}",
        )
        inside(machine, f"cat >{LEDGERS}/writer.py", text=PROGRAM.read_text())
        start_writers(plan, machine)
    lines = f"cat {LEDGERS}/{plan.primary}.* 2>/dev/null | wc -l"
    wait_for(lambda: int(inside(machine_of(plan.primary), lines)) >= 5, 20, "the first acknowledged commits")


def _prepare_tables(plan: Plan) -> None:
    statements = "CREATE TABLE IF NOT EXISTS chaos (name text); TRUNCATE chaos;"
    if plan.dirty:
        statements += (
            "CREATE TABLE IF NOT EXISTS chaos_pages (number int PRIMARY KEY, changed int, filler text) WITH (fillfactor = 50);"
            "INSERT INTO chaos_pages SELECT each, 0, repeat('x', 200) FROM generate_series(0, 199999) AS each "
            "WHERE NOT EXISTS (SELECT FROM chaos_pages)"
        )
    sql(plan.primary, statements)


def start_writers(plan: Plan, machine: str) -> None:
    """Those of a machine; also again, after a restart of the machine has ended them."""
    for name, place in MEMBERS.items():
        if place.machine != machine:
            continue
        writers = [(f"{name}.steady", "--pause=0.1")]
        if plan.load:
            writers.append((f"{name}.load", f"--clients={plan.load} --pause=0.01 --dirty={plan.dirty}"))
        for file, options in writers:
            program = f"{LEDGERS}/writer.py {name} {place.port} {LEDGERS}/{file} {LEDGERS}/stop {options}"
            script = f"exec python3 {program}"
            engine("exec", "--detach", "--user=postgres", f"plannerate-lab-{machine}", "sh", "-c", script)


def stop_writers() -> None:
    for machine in ADDRESSES:
        inside(machine, f"touch {LEDGERS}/stop")


def acknowledged(*names: str) -> list[Commit]:
    """What members have acknowledged, in that order; by default all members."""
    found = []
    for name in names or MEMBERS:
        for line in inside(machine_of(name), f"cat {LEDGERS}/{name}.*").splitlines():
            each, begun, ended = line.split()
            found.append(Commit(name, each, float(begun), float(ended)))
    return sorted(found, key=lambda commit: commit.acknowledged)


def turns_of(commits: Sequence[Commit]) -> list[tuple[str, float, float]]:
    """Who acknowledged from when to when: (member, first, last), in order."""
    return [
        (member, group[0].acknowledged, group[-1].acknowledged)
        for member, group in (
            (member, list(each)) for member, each in itertools.groupby(commits, key=lambda commit: commit.member)
        )
    ]


def two_at_once(commits: Sequence[Commit]) -> list[Commit]:
    """Commits that a member acknowledged after another one, which came after it, had begun to.

    :arg commits: in the order in which they were acknowledged.
    """
    seen: list[str] = []
    found = []
    for commit in commits:
        if commit.member not in seen:
            seen.append(commit.member)
        elif commit.member != seen[-1]:
            found.append(commit)
    return found
