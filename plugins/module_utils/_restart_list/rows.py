# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restarts in a run, why, and who notices it for how long: one shape for everything, and the text that people read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict


class Kind(NamedTuple):
    """What happens to such a thing, and who notices it for how long."""

    action: str
    notice: str


class Row(TypedDict):
    """One thing that restarts. ``kind``: one of KINDS. ``action``: what happens to it, where that is not what its kind says."""

    machine: str
    name: str
    kind: str
    action: str
    why: str


_RESTARTS, _REPLACED = "restarts", "is replaced"
# These interrupt nobody.
STARTS, CREATED, REMOVED = "starts", "is created", "is removed"
NOT_RUNNING = "it does not run, or would not after a restart of the machine"
NOTHING = "Nothing restarts."
UNKNOWN = "unknown"

KINDS = {
    # PostgreSQL
    "standby": Kind(
        _RESTARTS, "Sessions on it end; new ones of the read-only pools go to another standby. Some seconds"
    ),
    "primary": Kind(
        "hands its role to a standby and restarts as its standby",
        "Transaction pools wait for about half a second; sessions without such a pool end",
    ),
    "primary_in_place": Kind(
        "restarts where it is, while PgBouncer is paused",
        "Transaction pools wait for some seconds; sessions without such a pool end",
    ),
    # PgBouncer
    "pgbouncer": Kind(
        _RESTARTS,
        "Transactions get up to 5 s to end, those of session pools none. Then every client is disconnected, also one in the middle of its "
        "session, and can connect again after about 1 s",
    ),
    "replica_agent": Kind(_RESTARTS, "Nobody: HAProxy goes on with what it knows for some seconds"),
    # Docker hosts
    "engine": Kind(_RESTARTS, "Nobody: the containers keep running"),
    "traefik": Kind(_REPLACED, "Every visitor of every environment is refused, and websockets end. Some 2 to 10 s"),
    "app": Kind(_REPLACED, "Visitors get errors (502, 503) until it is healthy again. Some 5 to 30 s"),
    "app_beside_another": Kind(
        _REPLACED,
        "Nobody: visitors are sent to the others meanwhile. Where a password changed, these fail until they have it too",
    ),
    "reverb": Kind(_REPLACED, "Websockets end and connect again. Some 5 to 20 s"),
    "queue": Kind(_REPLACED, "Jobs wait; one that is under way is ended and tried again. Some 5 to 20 s"),
    "scheduler": Kind(_REPLACED, "Scheduled tasks of that time start late or not at all. Some 5 to 20 s"),
    "redis": Kind(_REPLACED, "Cache, sessions and queues are away, and requests that need them fail. Some 2 to 5 s"),
    "pgadmin": Kind(_REPLACED, "Whoever uses pgAdmin logs in again. Some 10 to 60 s"),
    "container": Kind(_REPLACED, "Whoever uses it"),
    # The machine, backups, monitoring
    "service": Kind(_RESTARTS, "Whoever uses it"),
    "journald": Kind(_RESTARTS, "Nobody: no line is lost"),
    "timer": Kind(_RESTARTS, "Nobody: what the timer has begun goes on"),
    "logs": Kind(_RESTARTS, "Nobody: lines arrive later, and none is lost. Some seconds"),
    "exporter": Kind(_RESTARTS, "Nobody: a measurement may be missing, once"),
    "prometheus": Kind(_RESTARTS, "Nobody: nothing is measured, and alerts come later. Some seconds"),
    "alertmanager": Kind(_RESTARTS, "Nobody: alerts come later. Some seconds"),
    "status_page": Kind(_RESTARTS, "Visitors of the status page. Some seconds"),
    "grafana": Kind(_RESTARTS, "Whoever uses Grafana logs in again. Some 10 s"),
    # Where a run did not come to it: nobody may take that for nothing.
    UNKNOWN: Kind("is not known", "Nobody can say"),
}


def row(given: Mapping[str, Any], machine: str) -> Row:
    """A row as a role gives it. Raises ValueError where it is none.

    :arg machine: where it is, if the row does not say so.
    """
    unknown = sorted(set(given) - {"machine", "name", "kind", "action", "why"})
    missing = [key for key in ("name", "kind", "why") if not given.get(key)]
    if unknown or missing:
        raise ValueError(f"found {dict(given)!r}, expected name, kind, why, and optionally machine and action")
    kind = str(given["kind"])
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(KINDS)}")
    return {
        "machine": str(given.get("machine") or machine),
        "name": str(given["name"]),
        "kind": kind,
        "action": str(given.get("action") or KINDS[kind].action),
        "why": str(given["why"]),
    }


def of_unit(name: str, kind: str, running: bool, changed: Iterable[str], stale: bool) -> dict[str, str] | None:
    """What a role says of a unit that starts, or restarts for its files.

    :arg changed: its files that the run writes.
    :arg stale: whether others are newer than what it loaded.
    """
    given = {"name": name, "kind": kind}
    files = ", ".join(sorted(changed))
    if not running:
        return {**given, "why": NOT_RUNNING, "action": STARTS}
    if files or stale:
        return {**given, "why": f"{files} changed" if files else "its files are newer than it"}
    return None


def not_come_to(hosts: Iterable[str]) -> list[Row]:
    """For hosts that failed, or that nobody could reach: what restarts there was not said, or not all of it."""
    given = {
        "name": "what restarts, or more of it,",
        "kind": UNKNOWN,
        "why": "the run failed there or could not reach it",
    }
    return [row(given, host) for host in hosts]


def unique(rows: Iterable[Row]) -> list[Row]:
    """Each thing once, by what was said of it first: it restarts once, for all reasons."""
    by_thing: dict[tuple[str, str], Row] = {}
    for each in rows:
        by_thing.setdefault((each["machine"], each["name"]), each)
    return list(by_thing.values())


def line(given: Row) -> str:
    what = f"{given['machine']}: {given['name']} {given['action']}, since {given['why']}."
    if given["kind"] == UNKNOWN:
        return what
    notice = KINDS[given["kind"]].notice if given["action"] == KINDS[given["kind"]].action else "Nobody"
    return f"{what} Who notices: {notice}."


def lines(rows: Iterable[Row], check: bool) -> list[str]:
    """The whole list.

    :arg check: whether this is what a run would do.
    """
    listed = [f"- {line(each)}" for each in unique(rows)]
    return (
        ["Restarts, if this runs without --check:" if check else "Restarts of this run:", *listed]
        if listed
        else [NOTHING]
    )
