# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in a round of chaos: a seed says the fault, its moment, and what the operator is like."""

from __future__ import annotations

import random
from dataclasses import dataclass

from support.chaos.members import LONE, MEMBERS

# One after the other, so that any dozen of seeds has all of them. Twice what is most likely, or most dangerous.
KINDS = (
    "sigkill",
    "ssh cut",
    "restart",
    "sigkill",
    "sigstop",
    "both cut",
    "power cut",
    "replication cut",
    "standbys restarted",
    "full WAL disk",
    "ssh cut",
    "all restarted",
)


# Of a run in brief: only the way to the primary's machine is cut, under load, and the operator says that it is dead; the primary is killed
# under load, and rejoins within seconds.
IN_BRIEF = (82, 99)


@dataclass(frozen=True)
class Plan:
    """What happens in a round.

    ``faults``: each with the seconds after the first one. ``load``: how many more clients commit without pause, and ``dirty`` how many
    rows each of their commits changes. ``warm``: seconds until the first fault. ``away``: a standby that is stopped as many seconds
    before it as ``away_before`` says. ``reaction``: seconds from the first fault until the operator acts, ``heals``: from then until
    what was cut or off comes back by itself, None where the operator has to see to it. ``trusts``: the operator takes a lone member
    whose machine does not answer for dead, though it is alive. ``gives_up``: what cannot be asked is given up with the loss word, after
    its machine was powered off; otherwise it is brought back. ``kill_failover``, ``kill_rejoin``: seconds into what a playbook changes,
    after which it is killed and run again. ``patience``: seconds for a machine to shut down before it is restarted.
    """

    seed: int
    primary: str
    kind: str
    faults: tuple[tuple[float, str], ...]
    load: int = 0
    dirty: int = 0
    warm: float = 2.0
    away: str | None = None
    away_before: float = 0.0
    reaction: float = 1.0
    heals: float | None = None
    trusts: bool = False
    gives_up: bool = False
    kill_failover: float | None = None
    kill_rejoin: float | None = None
    patience: int = 10


def plan_of(seed: int) -> Plan:
    """The plan of a seed, the same each time."""
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    cut = kind in ("ssh cut", "both cut", "power cut")
    primary = LONE if cut and chance.random() < 0.7 else chance.choice([*MEMBERS])
    second = round(chance.uniform(0.3, 5.0), 1)
    faults: tuple[tuple[float, str], ...] = ((0.0, kind),)
    if kind == "standbys restarted" or (kind == "replication cut" and chance.random() < 0.7):
        faults += ((second, "sigkill"),)
    load = chance.choice([0, 4, 4])
    away = chance.choice([name for name in MEMBERS if name != primary])
    return Plan(
        seed=seed,
        primary=primary,
        kind=kind,
        faults=faults,
        load=load,
        dirty=chance.choice([0, 20]) if load else 0,
        warm=round(chance.uniform(1.5, 3.5), 1),
        away=away if chance.random() < 0.25 and kind != "all restarted" else None,
        away_before=round(chance.uniform(0.2, 1.5), 1),
        reaction=round(chance.uniform(0.2, 4.0), 1),
        # A machine that does not answer is waited for three times before anybody is promoted.
        heals=round(chance.uniform(0.2, 30.0 if cut else 8.0), 1) if chance.random() < 0.4 else None,
        trusts=chance.random() < 0.7,
        gives_up=chance.random() < 0.5,
        kill_failover=round(chance.uniform(0.0, 2.0), 2) if chance.random() < 0.3 else None,
        kill_rejoin=round(chance.uniform(0.0, 3.0), 2) if chance.random() < 0.25 else None,
        patience=chance.choice([0, 10]),
    )
