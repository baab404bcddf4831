# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine takes away with it while it reboots. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._patch.found import Cluster, Groups
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import confirmations, listed


def of_a_reboot(machine: str, cluster: Cluster, groups: Groups, new_primary: str) -> list[str]:
    """Half sentences that say what does not work as long as the reboot takes; none where nobody notices.

    :arg new_primary: the member elsewhere that takes the role of a primary on this machine; empty where there is none.
    """
    found = []
    if cluster.primary_is_on(machine) and not new_primary:
        found.append(
            f"nobody takes writes: {cluster.primary} is the primary, and no other machine has a standby that follows it"
        )
    elif cluster.members_on(machine):
        found += _waiting_commits(machine, cluster, new_primary)
    if _is_alone(machine, groups["poolers"]):
        found.append("no client reaches the database: no other machine has a PgBouncer")
    if _is_alone(machine, groups["docker_hosts"]):
        found.append("the application does not answer: no other machine runs its containers")
    return found


def _waiting_commits(machine: str, cluster: Cluster, new_primary: str) -> list[str]:
    names = cluster.setting("synchronous_standby_names")
    needed, may = confirmations(names), listed(names)
    left = [each for each in cluster.followers(machine) if each != new_primary]
    if new_primary and cluster.primary:
        # The old primary goes down with its machine; the setting of the new one is of the same kind, about others.
        may = None
    left = [each for each in left if may is None or each in may]
    if not needed or len(left) >= needed:
        return []
    return [f"commits wait: {needed} standby(s) must confirm them, and {len(left)} of those are on other machines"]


def _is_alone(machine: str, group: Sequence[str]) -> bool:
    return list(group) == [machine]
