# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._patch.plan import MachinePlan, Plan

SERVICE_EFFECTS = {
    "haproxy": "HAProxy reloads; nobody notices",
    "pgbouncer": "PgBouncer restarts once the transactions of its clients have ended; they lose their connections and connect again",
    "containerd": "containerd restarts; containers run on",
    "docker": "Docker restarts; containers run on",
}
HANDS_OVER = "hands its role to a standby that has restarted, and restarts as its standby; clients see one slow query"


def sentences(plan: Plan) -> list[str]:
    """The whole run, in its order."""
    found = [f"{name}: {text}" for name in plan["order"] for text in steps(plan["machines"][name])]
    left = [f"{name}: left: {text}" for name, each in plan["machines"].items() for text in each["left"]]
    return [*(found or ["nothing to do"]), *left]


def to_do(plan: Plan, names: Sequence[str]) -> list[str]:
    """What is left where a run ends at one of these machines, or before."""
    return [f"{name}: {text}" for name in names for text in steps(plan["machines"][name])]


def steps(machine: MachinePlan) -> Iterator[str]:
    if machine["hand_over_first"]:
        yield f"{machine['hand_over_first']}, on another machine, becomes the primary first; clients see one slow query"
    if machine["interrupted"]:
        yield "packages that an interrupted dpkg left half installed are finished"
    for update in machine["updates"]:
        yield f"{update['name']} {update['installed'] or '(new)'} → {update['candidate']}"
    if machine["standbys"]:
        yield f"{', '.join(machine['standbys'])} restart{'s' if len(machine['standbys']) == 1 else ', one after the other'}, as standby"
    if machine["primary"]:
        how = "restarts where it is, while PgBouncer is paused" if machine["in_place"] else HANDS_OVER
        yield f"{machine['primary']}, the primary, {how}"
    for service in machine["services"]:
        yield SERVICE_EFFECTS[service]
    if machine["reboots"]:
        because = f"reboot ({', '.join(machine['reboot'])})"
        yield because + (f": as long as it takes, {'; '.join(machine['outage'])}" if machine["outage"] else "")
