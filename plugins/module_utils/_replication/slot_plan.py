# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which replication slots are created, kept and dropped, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.names import SLOT_NAME

ComparedKey = Literal["type", "plugin", "database", "two_phase"]
# What a slot that exists has to have in common with the listed one.
COMPARED: tuple[ComparedKey, ...] = ("type", "plugin", "database", "two_phase")


class _SlotKind(TypedDict):
    """What a slot is."""

    name: str
    type: str
    plugin: str | None
    database: str | None


class ListedSlot(_SlotKind):
    """A slot as it is asked for."""

    two_phase: bool
    immediately_reserve: bool


class Slot(_SlotKind):
    """A slot of the server, as C(slot_queries.slots_query) gives it. None where this release does not tell."""

    two_phase: bool | None
    temporary: bool
    active: bool
    wal_status: str | None
    restart_lsn: str | None
    retained_bytes: int | None
    inactive_seconds: float | None
    invalidation_reason: str | None
    failover: bool | None
    synced: bool | None


class SlotWithReason(Slot):
    """A slot that exists, with why it goes or stays."""

    reason: str


class NewSlot(ListedSlot):
    """A slot that will be created, with the keys that are shown of every slot."""

    active: bool
    wal_status: str | None
    retained_bytes: int | None
    reason: str


class Purge(TypedDict):
    """Which unlisted slots go; None sets no limit."""

    unlisted: bool
    lost: bool
    max_retained_bytes: int | None
    max_inactive_seconds: int | None


class Policy(TypedDict):
    managed_pattern: str | None
    purge: Purge | None
    max_drops: int
    recreate_lost: list[str]


class ServerFacts(TypedDict):
    """``version`` is the major release."""

    version: int
    in_recovery: bool
    max_replication_slots: int


class Steps(TypedDict):
    """What has to be done. Every listed and every existing slot is in one of the lists, the lost ones in ``keep`` too."""

    create: list[NewSlot]
    drop: list[SlotWithReason]
    recreate: list[SlotWithReason]
    keep: list[SlotWithReason]
    lost: list[SlotWithReason]


class PlanRefused(ValueError):
    """The request cannot be followed; the message names found, expected and remedy. Nothing was changed."""


def plan(desired: Sequence[ListedSlot], actual: Sequence[Slot], policy: Policy, server: ServerFacts) -> Steps:
    """What has to be done, each slot with its reason.

    :raises PlanRefused: naming everything that is wrong at once.
    """
    listed = {slot["name"]: slot for slot in desired}
    existing = {slot["name"]: slot for slot in actual}
    _refuse(_request_problems(desired, policy, server))
    _refuse(
        problem
        for name, slot in listed.items()
        for problem in (_mismatches(slot, existing[name]) if name in existing else _creation_problems(slot, server))
    )
    steps: Steps = {"create": [], "drop": [], "recreate": [], "keep": [], "lost": []}
    for current in actual:
        action, reason = _action(current, current["name"] in listed, policy)
        steps[action].append({**current, "reason": reason})
        if action == "keep" and current["name"] in listed and is_lost(current):
            steps["lost"].append({**current, "reason": reason})
    steps["create"] = [_new_slot(slot) for name, slot in listed.items() if name not in existing]
    _refuse(_size_problems(steps, len(actual), policy, server))
    return steps


def is_lost(slot: Slot) -> bool:
    """Whether WAL that the slot had to keep is gone, so that nobody can stream from it again."""
    return slot["wal_status"] == "lost" or bool(slot["invalidation_reason"])


def drop_reason(slot: Slot, policy: Policy) -> str | None:
    """Why an unlisted slot goes under the policy; None when it stays. Also asked right before each drop."""
    return None if _guard(slot, policy) or not policy["purge"] else _purge_reason(slot, policy["purge"])


def recreate_reason(slot: Slot) -> str | None:
    """Why a slot whose standby is being rebuilt is made anew; None when it is not. Asked again right before."""
    if is_lost(slot) and not slot["active"]:
        return "lost, and its standby is being rebuilt"
    return None


def _action(slot: Slot, listed: bool, policy: Policy) -> tuple[Literal["drop", "recreate", "keep"], str]:
    """What is done with a slot that exists, and why."""
    reason = recreate_reason(slot) if listed else drop_reason(slot, policy)
    if not listed:
        return (
            ("drop", reason) if reason else ("keep", _guard(slot, policy) or "not listed, and the policy lets it stay")
        )
    if reason and slot["name"] in policy["recreate_lost"]:
        return "recreate", reason
    if is_lost(slot):
        return "keep", "listed, but lost: its standby has to be rebuilt"
    return "keep", "listed"


def _guard(slot: Slot, policy: Policy) -> str | None:
    """Why the policy must not drop an unlisted slot; None when it may."""
    if slot["active"]:
        return "active"
    if slot["temporary"]:
        return "temporary: it goes with its session"
    if slot["synced"]:
        return "synchronised from the primary"
    if not policy["managed_pattern"]:
        return "not listed, and without managed_pattern nothing is dropped"
    if not re.fullmatch(policy["managed_pattern"], slot["name"]):
        return "not listed, but does not match managed_pattern"
    return None


def _purge_reason(slot: Slot, purge: Purge) -> str | None:
    if purge.get("unlisted"):
        return "not listed any more"
    if purge.get("lost") and is_lost(slot):
        return f"lost: {slot['invalidation_reason'] or 'its WAL was removed'}"
    limits: tuple[tuple[int | None, float | None, str], ...] = (
        (purge.get("max_retained_bytes"), slot["retained_bytes"], "retains {0} bytes of WAL, more than {1}"),
        (purge.get("max_inactive_seconds"), slot["inactive_seconds"], "inactive for {0:.0f} s, more than {1} s"),
    )
    for limit, figure, reason in limits:
        if limit is not None and figure is not None and figure > limit:
            return reason.format(figure, limit)
    return None


def _request_problems(desired: Sequence[ListedSlot], policy: Policy, server: ServerFacts) -> Iterator[str]:
    names = [slot["name"] for slot in desired]
    for name in dict.fromkeys(names):
        if not SLOT_NAME.fullmatch(name):
            yield f"slot name {name!r}: PostgreSQL allows a-z, 0-9 and _, at most 63 characters; rename it"
        if names.count(name) > 1:
            yield f"slot {name} is listed {names.count(name)} times, expected once"
    for slot in desired:
        yield from _shape_problems(slot, server)
    for name in policy["recreate_lost"]:
        if name not in names:
            yield f"recreate_lost names {name}, which is not in slots; list it there too"
    if server["version"] < 13:
        yield f"the server is PostgreSQL {server['version']}, expected 13 or later"
    purge = policy["purge"]
    if purge and purge.get("max_inactive_seconds") is not None and server["version"] < 17:
        yield (
            f"purge.max_inactive_seconds needs PostgreSQL 17, found {server['version']}, which does not record since when "
            "a slot is inactive; use purge.max_retained_bytes or purge.lost"
        )
    try:
        re.compile(policy["managed_pattern"] or "")
    except re.error as error:
        yield f"managed_pattern {policy['managed_pattern']!r} is no regular expression: {error}"


def _shape_problems(slot: ListedSlot, server: ServerFacts) -> Iterator[str]:
    name = slot["name"]
    if slot["type"] == "physical":
        for option, given in (
            ("plugin", slot["plugin"]),
            ("database", slot["database"]),
            ("two_phase", slot["two_phase"]),
        ):
            if given:
                yield f"slot {name} is physical, but has {option}: leave it out, or set type to logical"
        return
    for option, given in (("plugin", slot["plugin"]), ("database", slot["database"])):
        if not given:
            yield f"slot {name} is logical: expected {option}, found none"
    if slot["two_phase"] and server["version"] < 14:
        yield f"slot {name}: two_phase needs PostgreSQL 14, found {server['version']}; leave it out"


def _creation_problems(slot: ListedSlot, server: ServerFacts) -> Iterator[str]:
    if slot["type"] == "logical" and server["in_recovery"] and server["version"] < 16:
        yield (
            f"slot {slot['name']} is logical and this server is a standby: that needs PostgreSQL 16, "
            f"found {server['version']}; create it on the primary"
        )


def _mismatches(wanted: ListedSlot, existing: Slot) -> Iterator[str]:
    name = wanted["name"]
    if existing["temporary"]:
        yield f"slot {name} exists as a temporary slot of another session; end that session, or choose another name"
    # None: this release does not tell.
    differing = [
        key for key in COMPARED if existing[key] != wanted[key] and not (key == "two_phase" and existing[key] is None)
    ]
    if differing:
        yield (
            f"slot {name} exists with {_named(existing, differing)}, expected {_named(wanted, differing)}. A slot cannot be "
            f"changed: list it as it is, or drop it once nobody needs it (SELECT pg_drop_replication_slot('{name}'))"
        )


def _named(slot: ListedSlot | Slot, keys: Iterable[ComparedKey]) -> str:
    return ", ".join(f"{key} {slot[key]}" for key in keys)


def _size_problems(steps: Steps, existing: int, policy: Policy, server: ServerFacts) -> Iterator[str]:
    going = [f"{slot['name']}, {slot['reason']}" for slot in steps["drop"]]
    if len(going) > policy["max_drops"]:
        yield (
            f"{len(going)} slots would be dropped, max_drops is {policy['max_drops']} ({'; '.join(going)}). Nothing was "
            f"changed. If all of them may go, run again with max_drops={len(going)}"
        )
    total, room = existing + len(steps["create"]) - len(going), server["max_replication_slots"]
    if steps["create"] and total > room:
        yield (
            f"there would be {total} replication slots, max_replication_slots is {room}; raise it (that needs a restart), "
            "or drop slots that nobody needs"
        )


def _new_slot(slot: ListedSlot) -> NewSlot:
    return {
        **slot,
        "active": False,
        "wal_status": None,
        "retained_bytes": None,
        "reason": "listed, and does not exist",
    }


def _refuse(problems: Iterable[str]) -> None:
    sentences = list(problems)
    if sentences:
        raise PlanRefused("; ".join(sentences))
