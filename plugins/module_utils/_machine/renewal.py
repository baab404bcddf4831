# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How another certificate authority takes the place of the one that there is, and which phase may begin. Pure.

The state is which certificates the authority's machine keeps beside C(ca.crt), the one that signs: C(next.crt) once all are to trust it,
C(previous.crt) once it signs. A phase begins where the state before it has arrived everywhere; one that has begun may always go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._machine.trust import AUTHORITY, NEXT, PREVIOUS, Trust

TRUST, ISSUE, FORGET = PHASES = ("trust", "issue", "forget")
COMMAND = "playbooks/renew_authority.yml -e renew_authority="

# Which of the authorities are kept: (next, previous).
_SETTLED, _TRUSTED, _SWITCHING, _ISSUED = (False, False), (True, False), (True, True), (False, True)
_STATES = {
    _SETTLED: "one authority, which signs and is trusted",
    _TRUSTED: "two authorities are trusted, the old one signs",
    _SWITCHING: "two authorities are trusted, and the new one is about to sign",
    _ISSUED: "two authorities are trusted, the new one signs",
}
# The phase that comes next.
_NEXT = {_SETTLED: TRUST, _TRUSTED: ISSUE, _SWITCHING: ISSUE, _ISSUED: FORGET}
# Those that may go on, or are done: what they did is done once more where it did not arrive.
_REPEATED = {(TRUST, _TRUSTED), (ISSUE, _SWITCHING), (ISSUE, _ISSUED), (FORGET, _SETTLED)}


class Request(TypedDict):
    """What the operator and the inventory say. ``machines``: their names; ``authority``: that of the one that keeps the authority."""

    phase: str
    owned: bool
    limited: bool
    machines: Sequence[str]
    authority: str


class Machine(Trust):
    """``containers``: those that run with an older C(ca.crt). ``stale``: services that did not load their certificates yet.
    ``unknown``: services that could not be asked.
    """

    containers: Sequence[str]
    stale: Sequence[str]
    unknown: Sequence[str]


class RenewalPlan(TypedDict):
    """``missing``: where the present state has not arrived. ``after``: what to do now, once a phase is over."""

    lines: list[str]
    problems: list[str]
    missing: list[str]
    after: list[str]


def renewal(request: Request, machines: Mapping[str, Machine]) -> RenewalPlan:
    """
    :arg machines: what each machine answered, without those that did not.
    """
    kept = machines[request["authority"]]["authorities"] if request["authority"] in machines else {}
    state = (NEXT in kept, PREVIOUS in kept)
    missing = list(_missing(request, machines, kept))
    problems = list(_problems(request, machines, kept, state, missing))
    lines = [] if problems else [f"found: {_STATES[state]}", *_lines(request["phase"], state, request["authority"])]
    after = list(_after(state, missing))
    if request["authority"] not in machines:
        after = [f"unknown: {request['authority']} did not answer. Bring it back, then run this phase again"]
    return {"lines": lines, "problems": problems, "missing": missing, "after": after}


def _missing(request: Request, machines: Mapping[str, Machine], kept: Mapping[str, str]) -> Iterator[str]:
    # The new one before the old one, in both states, so that nothing has to read the file anew in between. In the middle, two names are
    # the old one's.
    trusted = list(dict.fromkeys(kept[name] for name in (NEXT, AUTHORITY, PREVIOUS) if name in kept))
    for name in request["machines"]:
        if name not in machines:
            yield f"{name}: it did not answer, or failed above"
            continue
        machine = machines[name]
        if machine["trusted"] != trusted:
            yield (
                f"{name}: its ca.crt has {_authorities(machine['trusted'], kept)}, expected {_authorities(trusted, kept)}: converge it"
            )
        for certificate in ("machine", *(one for one in machine["certificates"] if one != "machine")):
            found = machine["certificates"].get(certificate)
            if found != kept.get(AUTHORITY):
                yield f"{name}: {certificate}.crt is {_of(found, kept)}, expected of the authority that signs: converge it"
        for server, found in machine["served"].items():
            if found != kept.get(AUTHORITY):
                yield f"{name}: {server} shows {_of(found, kept, 'a certificate ')}, expected one of the authority that signs: converge it"
        yield from (f"{name}: {service} did not load its certificates yet: converge it" for service in machine["stale"])
        yield from (
            f"{name}: {service} did not answer, expected which containers run with an older ca.crt"
            for service in machine["unknown"]
        )
        for container in machine["containers"]:
            yield (
                f"{name}: the container {container} runs with an older ca.crt: run playbooks/docker_host.yml with the inventory of its "
                "environment, or restart it"
            )


def _authorities(found: Sequence[str], kept: Mapping[str, str]) -> str:
    names = {identifier: f"{name}.crt" for name, identifier in kept.items()}
    return " and ".join(names.get(one, f"another one ({one})") for one in found) or "none"


def _of(found: str | None, kept: Mapping[str, str], thing: str = "") -> str:
    if found is None:
        return "no certificate" if thing else "not there"
    return f"{thing}of {_authorities([found], kept)}"


def _problems(
    request: Request,
    machines: Mapping[str, Machine],
    kept: Mapping[str, str],
    state: tuple[bool, bool],
    missing: Sequence[str],
) -> Iterator[str]:
    phase, authority = request["phase"], request["authority"]
    if phase not in PHASES:
        yield f"renew_authority is {phase!r}, expected trust, issue or forget, one after the other: docs/runbooks/authority.md"
        return
    if not request["owned"]:
        yield (
            "the authority was not renewed: the machines belong to another inventory (machine_owned is false here). Run this playbook with "
            "the inventory that owns them"
        )
    if request["limited"]:
        yield "the authority was not renewed: found --limit, expected none, since every machine has to know the authorities"
    silent = [name for name in request["machines"] if name not in machines]
    if silent:
        yield (
            f"the authority was not renewed: {', '.join(silent)} did not answer, or failed above; expected every machine. Bring back what "
            "is down, or take what is gone for good out of the inventory (docs/changes.md)"
        )
    if authority in silent:
        return
    if AUTHORITY not in kept:
        yield f"{authority} has no authority that could be renewed: run playbooks/machines.yml, which makes one"
        return
    if phase == _NEXT[state] or (phase, state) in _REPEATED:
        # The first phase changes nothing that somebody relies on, and the one that was interrupted cannot have arrived.
        if phase != TRUST and (phase, state) not in _REPEATED and not silent:
            yield from (f"{phase} was not begun: {one}" for one in missing)
        return
    yield f"{phase} was not begun: found {_STATES[state]}. The next phase is {_NEXT[state]}: {COMMAND}{_NEXT[state]}"


def _lines(phase: str, state: tuple[bool, bool], authority: str) -> Iterator[str]:
    if phase == TRUST:
        if state == _SETTLED:
            yield f"first: another authority is made on {authority}, beside the one that signs"
        yield "then: every machine trusts both; certificates stay as they are"
    elif phase == ISSUE:
        if state != _ISSUED:
            yield f"first: the new authority on {authority} signs from now on; the old one's key is kept until the next phase"
        yield "then: every machine gets certificates of it"
    else:
        if state == _ISSUED:
            yield f"first: the old authority's key and certificate are removed on {authority}, for good"
        yield "then: every machine trusts the new one alone"
    yield "reload, and keep their connections: PostgreSQL and PgBouncer"
    if phase != ISSUE:
        yield "are replaced, one after the other: this inventory's containers that have ca.crt (see the list at the end)"


def _after(state: tuple[bool, bool], missing: Sequence[str]) -> Iterator[str]:
    yield f"found: {_STATES[state]}"
    yield from (f"not yet: {one}" for one in missing)
    if state == _SETTLED:
        yield "then nobody trusts the old authority any more" if missing else "the old authority is gone"
        return
    if state == _TRUSTED:
        yield "now: give clients outside of the machines both certificates (ca.crt of any machine)"
    yield f"next: {COMMAND}{_NEXT[state]}"
