# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the inventory's monitoring cannot work. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

# An exporter listens on the member's port with a 1 before it: a unit can write that, but cannot add.
MEMBER_PORTS_BELOW = 10000


class Wanted(TypedDict):
    """Variables of the role P(plannerate.infra.monitoring#role), and what it watches on this machine."""

    receiver: Mapping[str, Any]
    without_receiver: bool
    # Names of the machines on which Prometheus runs.
    servers: Sequence[str]
    # PostgreSQL members of this machine, each with name and port.
    members: Sequence[Mapping[str, Any]]


def problems(wanted: Wanted) -> list[str]:
    """Every reason why monitoring cannot work, each as one sentence with what was found and what to do."""
    result = []
    if not (wanted["receiver"] or wanted["without_receiver"]):
        result.append(
            "monitoring_receiver is empty, so alerts would go nowhere. Set it to a receiver of Alertmanager (webhook_configs, "
            "email_configs, ...), or set monitoring_without_receiver: true if that is intended"
        )
    if not wanted["servers"]:
        result.append("the group monitoring has no machine, expected one on which Prometheus runs")
    wide = [member["name"] for member in wanted["members"] if member["port"] >= MEMBER_PORTS_BELOW]
    if wide:
        result.append(
            f"postgres_port of {', '.join(wide)} is too high, expected one below {MEMBER_PORTS_BELOW}: the exporter of a member "
            "listens on the member's port with a 1 before it"
        )
    return result
