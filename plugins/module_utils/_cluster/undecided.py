# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why nobody is the primary, in words: what was found, what was expected, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Cluster


def figures(cluster: Cluster, names: Iterable[str]) -> str:
    return ", ".join(
        f"{name} ({cluster.instances[name]['state']} {cluster.instances[name].get('role') or 'unknown'}"
        f"{_detached_from(cluster, name)}, timeline {cluster.instances[name].get('timeline')}, LSN "
        f"{cluster.instances[name].get('replay_lsn') or cluster.instances[name].get('lsn')})"
        for name in names
    )


def _detached_from(cluster: Cluster, name: str) -> str:
    whom = cluster.instances[name].get("detached_from")
    return f", detached from {whom}" if whom else ""


def _begun_failover(cluster: Cluster) -> str | None:
    """What to do where a failover was begun and not finished: its start guard keeps the old primary stopped."""
    detached = [name for name in cluster.with_data if cluster.instances[name].get("detached_from")]
    if not detached:
        return None
    return f"A failover detached {', '.join(detached)} and was not finished. Next: run the failover playbook again, which finishes it"


def split_brain(cluster: Cluster, writable: Sequence[str]) -> str:
    return (
        f"{len(writable)} members take writes: {figures(cluster, writable)}. Expected one. Nothing was changed. Decide "
        "which one holds the data to keep (the newer timeline is the one promoted last), stop the other "
        "(systemctl stop postgresql@VERSION-CLUSTER on its machine), then run the rejoin playbook for it"
    )


def nobody_known(cluster: Cluster) -> str:
    silent = ", ".join(f"{name} ({cluster.instances[name].get('detail')})" for name in cluster.silent)
    reasons = "; ".join(f"{machine}: {_plain(text)}" for machine, text in cluster.unreachable.items())
    if {member["machine"] for member in cluster.members.values()} <= set(cluster.unreachable):
        # Whoever never got in has another problem than a primary that is gone.
        return (
            f"no machine with members can be reached: {reasons}. Nothing is known of {', '.join(cluster.silent)}. Expected Ansible to log "
            "in: check ansible_host, ansible_user and the key, for instance with: ansible machines -m ping"
        )
    remedy = _begun_failover(cluster) or "Bring it back, or run the failover playbook if it is gone for good"
    return (
        f"no primary is known and {silent} cannot be asked: one of them may be it. Expected every member to answer. {remedy}"
        + (f" ({reasons})" if reasons else "")
    )


def no_primary(cluster: Cluster, stopped: Sequence[str]) -> str:
    begun = _begun_failover(cluster)
    if begun:
        return f"no member takes writes: {figures(cluster, cluster.with_data)}. Expected one primary. {begun}"
    if len(stopped) == 1:
        member = cluster.members[stopped[0]]
        remedy = (
            f"start it (systemctl start postgresql@{member['version']}-{member['cluster']} on {member['machine']}), "
            "or run the failover playbook if it cannot come back"
        )
    else:
        remedy = "run the failover playbook, which picks the member with the most WAL"
    return f"no member takes writes: {figures(cluster, cluster.with_data)}. Expected one primary. Next: {remedy}"


def _plain(told: str) -> str:
    """What SSH said, without Ansible's words around it."""
    return " ".join(told.split()).removeprefix("Task failed: ").rstrip(".:")
