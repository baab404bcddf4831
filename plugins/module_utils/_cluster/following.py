# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member follows the primary: the one definition for topology, failover, rejoin, status and the first write. Pure.

It follows when it was told to, streams, is on the primary's timeline, and has nothing past the point where the primary's timeline
left its own. The start guard asks a smaller question, since no primary answers it: see C(roles/postgres/files/start_guard.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import bytes_behind, lsn_bytes

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
    from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance

# detached: by a failover, see conninfo.detached_file. diverged: it holds WAL that the primary's timeline does not have, so it can
# only be rewound or copied again. elsewhere: it was told to follow another member, or none.
Verdict = Literal["follows", "detached", "diverged", "elsewhere", "not streaming", "not running", "unknown"]


class Following(TypedDict):
    """Whether a member follows the primary, in a word, and why in half a sentence."""

    follows: bool
    verdict: Verdict
    reason: str


def following(
    members: Sequence[Member], instances: Mapping[str, Instance | None], primary: str
) -> dict[str, Following]:
    """The answer for each member but the primary, by its name.

    :arg instances: by member name; one that could not be asked is missing or None.
    :arg primary: name of a member that takes writes.
    """
    return {
        member["name"]: _following(
            members, instances.get(primary), primary, member["name"], instances.get(member["name"])
        )
        for member in members
        if member["name"] != primary
    }


def told_to_follow(members: Sequence[Member], instance: Instance) -> str | None:
    """Name of the member that this one is told to follow, or was until a failover detached it; None where it is no member."""
    if instance.get("detached_from"):
        return instance["detached_from"]
    told = instance.get("upstream")
    if not told:
        return None
    for member in members:
        if told["port"] == member["port"] and told["host"] in (member["machine"], member["address"]):
            return member["name"]
    return None


def past_the_fork(primary: Instance, instance: Instance) -> str | None:
    """How far a member holds what the primary's timeline does not have, as half a sentence; None where nothing proves that."""
    timeline, ours = instance.get("timeline"), primary.get("timeline")
    if not timeline or not ours or timeline == ours:
        return None
    fork = next((each["lsn"] for each in primary.get("history") or [] if each["timeline"] == timeline), None)
    if fork is None:
        known = primary.get("history") is not None
        return f"its timeline {timeline} is not in the history of the primary's timeline {ours}" if known else None
    location = end_of_wal(instance)
    if location is None or lsn_bytes(location) <= lsn_bytes(fork):
        return None
    return (
        f"it has {bytes_behind(location, fork)} bytes of timeline {timeline} past {fork}, where timeline {ours} begins"
    )


def end_of_wal(instance: Instance) -> str | None:
    """The end of the last complete record that a member holds, as far as it is known.

    What a standby received may end in the middle of a record, which counts for nothing: once it has replayed all that it has, what
    it replayed is the end.
    """
    if instance.get("replay_at_end"):
        return instance.get("replay_lsn")
    known = [instance.get("replay_lsn"), instance.get("receive_lsn"), instance.get("lsn")]
    return max((each for each in known if each), key=lsn_bytes, default=None)


def _following(
    members: Sequence[Member], primary: Instance | None, primary_name: str, name: str, instance: Instance | None
) -> Following:
    if not primary or not instance or instance["state"] in ("unreachable", "unresponsive"):
        return _no("unknown", (instance and instance.get("detail")) or "its machine cannot be reached")
    diverged = past_the_fork(primary, instance)
    if diverged:
        return _no("diverged", diverged)
    if instance["state"] != "running" or instance["role"] != "standby":
        return _no(
            "not running", f"it is {instance['state']}" + (f" ({instance['role']})" if instance.get("role") else "")
        )
    if instance.get("detached_from"):
        return _no("detached", f"a failover detached it from {instance['detached_from']}, and was not finished")
    told = told_to_follow(members, instance)
    if told != primary_name:
        return _no("elsewhere", f"it is told to follow {told or 'no member'}")
    states = [
        row["state"] for row in primary.get("synchronous") or [] if row["application_name"] == name and row["state"]
    ]
    if "streaming" not in states:
        return _no("not streaming", f"its connection is in state {states[0]}" if states else "it is not connected")
    if instance.get("timeline") != primary.get("timeline"):
        return _no(
            "not streaming", f"it is on timeline {instance.get('timeline')}, the primary on {primary.get('timeline')}"
        )
    return {"follows": True, "verdict": "follows", "reason": f"streaming on timeline {instance['timeline']}"}


def _no(verdict: Verdict, reason: str) -> Following:
    return {"follows": False, "verdict": verdict, "reason": reason}
