# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who becomes the primary after the primary is gone, and what that risks. Pure.

It is asked twice: before anything is changed, and when no candidate streams any more, so that nobody confirms another commit.
Every refusal is one sentence that names what was found, what was expected, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.following import end_of_wal, told_to_follow
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import decide
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import lsn_bytes
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import (
    SynchronousSetting,
    listed,
    weakest,
)
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.said import (
    each_said,
    is_a,
    missing_slots,
    said,
)

SAFE = "0 bytes: every acknowledged commit is on a standby that was asked"


class Policy(TypedDict):
    """What the operator said.

    ``dead``: the member that is declared dead. ``accept_data_loss``: whether acknowledged commits may be lost. ``synchronous``:
    C(synchronous_standby_names) of each member, by its name, as the inventory has it.
    """

    dead: str
    accept_data_loss: bool
    synchronous: Mapping[str, str]


class FailoverPlan(TypedDict):
    """What is to be done, or why not.

    ``primary``: the member that an interrupted failover has promoted already. ``attach``: names of the standbys that an interrupted
    one has detached from a primary that is alive. ``old``: names of those that are fenced. ``candidates``: names of the standbys that
    may be promoted, the one that is first. ``risk`` and ``members``: sentences.
    """

    errors: list[str]
    primary: str | None
    attach: list[str]
    old: list[str]
    candidates: list[str]
    risk: list[str]
    members: list[str]


def failover_plan(members: Sequence[Member], answers: Mapping[str, Instance], policy: Policy) -> FailoverPlan:
    """:arg answers: by member name; a member whose machine cannot be reached is missing."""
    return _Failover(members, answers, policy).plan()


def position(answer: Instance) -> tuple[int, int]:
    """What orders candidates: the timeline, then the end of what they hold."""
    end = end_of_wal(answer)
    return (answer.get("timeline") or 0, lsn_bytes(end) if end else 0)


class _Loss(NamedTuple):
    """``unsafe`` needs the operator's word, ``unknown`` is only told."""

    unsafe: list[str]
    unknown: list[str]


class _Failover:
    def __init__(self, members: Sequence[Member], answers: Mapping[str, Instance], policy: Policy) -> None:
        self.members, self.answers, self.policy = members, answers, policy
        self.names = [member["name"] for member in members]
        self.candidates = sorted(
            self._names_of("running", "standby"), key=lambda name: position(answers[name]), reverse=True
        )
        told = [told_to_follow(members, answers[name]) for name in self.candidates]
        self.followed = [name for name in self.names if name in told and name not in self.candidates]
        former = [*self.followed, *self._names_of("stopped", "primary"), policy["dead"]]
        self.old = [name for name in self.names if name in former and name not in self.candidates]

    def plan(self) -> FailoverPlan:
        writable = self._names_of("running", "primary")
        errors = self._input_errors() or (self._errors() if not writable else [])
        loss = self._loss() if not writable and self.candidates else _Loss([], [])
        if not errors and loss.unsafe and not self.policy["accept_data_loss"]:
            errors = [
                f"{'; '.join(loss.unsafe)}. Bring back what is missing, or accept that with -e failover_accept_data_loss=true"
            ]
        plan: FailoverPlan = {
            "errors": errors,
            "primary": None,
            "attach": [],
            "old": self.old,
            "candidates": self.candidates,
            "risk": [*(loss.unsafe or [SAFE]), *loss.unknown],
            "members": [self._line(name) for name in self.names],
        }
        if writable and not errors:
            plan.update(self._with_a_primary(writable))
        return plan

    def _names_of(self, state: str, role: str) -> list[str]:
        return [name for name in self.names if is_a(self.answers.get(name), state, role)]

    def _input_errors(self) -> list[str]:
        dead = self.policy["dead"]
        if dead and dead not in self.names:
            return [f"failover_dead is {dead!r}, expected one of the members: {', '.join(self.names)}"]
        identifiers = {
            each["system_identifier"] for each in self.answers.values() if each["state"] in ("running", "stopped")
        }
        return decide(self.members, self.answers)["errors"] if len(identifiers) > 1 else []

    def _errors(self) -> list[str]:
        """Why nobody can be promoted, whatever may be lost."""
        dead = self.policy["dead"]
        if not self.candidates:
            return [f"no standby is running, expected at least one. {each_said(self.members, self.answers)}"]
        if dead in self.candidates:
            return [f"failover_dead is {dead}, which is {said(self.answers[dead])}, expected the primary that is gone"]
        if dead and self.followed and dead not in self.followed:
            return [
                f"failover_dead is {dead}, but the standbys followed {', '.join(self.followed)}: expected that name. Where {dead} is a "
                "standby that cannot be asked, bring it back, or accept what may be lost with -e failover_accept_data_loss=true"
            ]
        unreachable = [name for name in self.names if name not in self.answers and name != dead]
        if not self.old:
            return [
                _say_who(f"nobody can tell who the primary was: {each_said(self.members, self.answers)}", unreachable)
            ]
        unsure = [name for name in self.old if name in unreachable]
        if unsure:
            return [_say_who(f"{', '.join(unsure)} was the primary, and its machine cannot be reached", unsure)]
        best = self.candidates[0]
        return missing_slots(best, self.answers[best], [each["slot"] for each in self.members if each["name"] != best])

    def _loss(self) -> _Loss:
        """Whether a commit that was acknowledged may be on none of the candidates."""
        best = self.candidates[0]
        readable = [self.answers[name] for name in (*self.candidates, *self.old) if name in self.answers]
        weak = weakest(setting for each in readable for setting in each["synchronous_settings"] or [])
        unread = [name for name in self.old if not self._settings(name)]
        unknown = [
            f"the settings of {name} cannot be read: this is what its standbys and the inventory say" for name in unread
        ]
        # One on an older timeline did not follow the primary that is gone, whatever it confirmed.
        newest = max(each.get("timeline") or 0 for each in self.answers.values())
        asked = [name for name in self.candidates if self.answers[name].get("timeline") == newest]
        unasked = [name for name in self._confirming() if name not in asked]
        if weak["confirmations"] == 0:
            return _Loss(
                [
                    "commits waited for no standby (mode async): those that were acknowledged and did not reach "
                    f"{best} (it has what is up to {end_of_wal(self.answers[best])}) are lost"
                ],
                unknown,
            )
        unsafe = list(weak["weak_commits"])
        if len(unasked) >= weak["confirmations"]:
            unsafe.insert(
                0,
                f"{', '.join(unasked)} cannot be asked, and {weak['confirmations']} standby(s) confirmed each commit: one of those that "
                "cannot be asked may be the only one that has it",
            )
        return _Loss(unsafe, unknown)

    def _confirming(self) -> list[str]:
        """Names of the standbys that may have confirmed a commit of the old primary."""
        synchronous = self.policy["synchronous"]
        # What the inventory says of the old primary counts where the candidates have what it says of them.
        trusted = all(
            self.answers[name]["settings"]["synchronous_standby_names"] == synchronous.get(name)
            for name in self.candidates
        )
        names: set[str] = set()
        for old in self.old:
            settings = self._settings(old)
            of_old = listed(synchronous.get(old)) if trusted else None
            own = weakest(settings)["listed"] if settings else of_old
            names.update(self.names if own is None else own)
        return [name for name in self.names if name in names and name not in self.old]

    def _settings(self, name: str) -> list[SynchronousSetting]:
        answer = self.answers.get(name)
        return (answer["synchronous_settings"] if answer else None) or []

    def _with_a_primary(self, writable: Sequence[str]) -> FailoverPlan:
        timelines = {name: answer.get("timeline") or 0 for name, answer in self.answers.items()}
        primary = writable[0]
        empty: FailoverPlan = {
            "errors": [], "primary": None, "attach": [], "old": [], "candidates": [], "risk": [SAFE], "members": []
        }  # fmt: skip
        lines = [self._line(name) for name in self.names]
        if len(writable) > 1 or timelines[primary] < max(timelines.values()):
            return {**empty, "errors": decide(self.members, self.answers)["errors"], "members": lines}
        if timelines[primary] > 1 and any(timelines.get(name) != timelines[primary] for name in self.names):
            # A failover that was interrupted after the promotion: what is left is to be done.
            old = [self.policy["dead"]] if self.policy["dead"] not in ("", primary) else []
            return {**empty, "primary": primary, "old": old, "members": lines}
        detached = [name for name in self.candidates if self.answers[name].get("detached_from")]
        return {
            **empty,
            "attach": detached,
            "members": lines,
            "errors": [
                f"{primary} takes writes ({said(self.answers[primary])}), expected no primary. "
                + (f"attached to it again: {', '.join(detached)}" if detached else "Nothing was changed")
                + ". To move the role to another member use the switchover playbook"
            ],
        }

    def _line(self, name: str) -> str:
        """A member: what it is, whom it follows, and whether it is chosen."""
        answer = self.answers.get(name)
        line = f"{name}: {said(answer)}"
        if answer is None or name not in self.candidates:
            return f"{line}; {'the old primary' if name in self.old else 'cannot be chosen'}"
        if answer.get("detached_from"):
            whom = f"detached from {answer['detached_from']}"
        else:
            whom = f"told to follow {told_to_follow(self.members, answer) or 'no member'}"
        best = self.candidates[0]
        if name == best:
            return f"{line}; {whom}; chosen: nobody has more WAL"
        ours, theirs = position(self.answers[best]), position(answer)
        if theirs[0] != ours[0]:
            return f"{line}; {whom}; not chosen: on an older timeline than {best}"
        less = ours[1] - theirs[1]
        return f"{line}; {whom}; not chosen: " + (
            f"{less} bytes less than {best}" if less else f"as much as {best}, listed after it"
        )


def _say_who(problem: str, names: Sequence[str]) -> str:
    return (
        f"{problem}. If it is dead and cannot come back by itself, say so with -e failover_dead=<its name> "
        f"(one of {', '.join(names) or 'none'})"
    )
