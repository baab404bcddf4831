# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which alerts a machine's turn causes, beside those that name the machine. Pure.

The primary tells how far each standby is behind, so these alerts name its machine; a missing primary is nobody's, and what its standbys
say of it is theirs; and a probe names the machine that asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.plannerate.infra.plugins.module_utils._patch.found import Cluster, Groups

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.silences import Matcher

# What the application says of a database or a way to it that is missing names the application's machine or none.
APPLICATION = ("LaravelErrors", "RequestsFailing")


def of(machine: str, cluster: Cluster, groups: Groups, reboots: bool) -> list[list[Matcher]]:
    """The matchers of each silence."""
    found = [[_is("machine", machine)]]
    members = cluster.members_on(machine)
    if members:
        names, slots = [each["name"] for each in members], [each["slot"] for each in members]
        found.append([_is("alertname", "PostgresReplicationLagBytes"), _one_of("application_name", names)])
        found.append([_is("alertname", "PostgresReplicationLagSlot"), _one_of("slot_name", slots)])
    if reboots and cluster.primary_is_on(machine):
        found.append([_one_of("alertname", ["PostgresPrimaryMissing", "PostgresFatal", *APPLICATION])])
    if reboots and machine in (*groups["poolers"], *groups["docker_hosts"]):
        found.append([_one_of("alertname", ["ProbeFailing", "ProbeSlow", *APPLICATION])])
    return found


def _is(name: str, value: str) -> Matcher:
    return {"name": name, "value": value, "regex": False}


def _one_of(name: str, values: list[str]) -> Matcher:
    return {"name": name, "value": "|".join(value.replace(".", r"\.") for value in values), "regex": True}
