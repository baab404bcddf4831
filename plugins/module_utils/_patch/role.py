# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who takes the primary's role where it restarts, and what can be asked of that before anything is done. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import successor

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Topology
    from ansible_collections.plannerate.infra.plugins.module_utils._patch.found import Cluster
    from ansible_collections.plannerate.infra.plugins.module_utils._patch.plan import MachinePlan


def successor_beside(primary: str, standbys: Sequence[str], cluster: Cluster) -> str:
    """Who takes the role of a primary that restarts after the standbys of its machine; empty where it restarts in place, or not."""
    if not primary or not cluster.followers():
        return ""
    return successor({}, cast("Topology", cluster.topology), cluster.answers) or next(iter(standbys), "")


def first_change(taker: str, members: Sequence[str]) -> dict[str, str]:
    """As the role postgres takes it; empty where nothing changes.

    :arg taker: who becomes the primary.
    :arg members: those that restart.
    """
    if taker:
        return {"mode": "switchover", "target": taker}
    return {"mode": "restart", "target": members[0], "because": "new programs"} if members else {}


def without_successor(machines: Mapping[str, MachinePlan], cluster: Cluster) -> list[str]:
    """A primary that restarts although every standby waits for a restart of its own, which none gets before."""
    restarting = {standby for each in machines.values() for standby in each["standbys"]}
    restarting |= {
        member["name"] for name, each in machines.items() if each["reboots"] for member in cluster.members_on(name)
    }
    waiting = {name: cluster.pending(name) for name in cluster.followers()}
    if any(not pending or name in restarting for name, pending in waiting.items()):
        return []
    found = "; ".join(f"{name} waits for a restart for {', '.join(pending)}" for name, pending in waiting.items())
    return [
        f"{each['primary']} has to restart and no standby can take its role: {found}. Converge first, which restarts them, then run "
        "this again"
        for each in machines.values()
        if each["primary"] and not each["in_place"]
    ]
