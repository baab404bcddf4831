# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member restarts for settings that a reload cannot apply, or for new programs. If it does not start with the settings, it runs with
those of before; there is no way back from new programs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._promotion import switchover_plan as plan
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.change import Change, PromotionRefused
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import Machine, StepFailed

# Seconds for a primary, whose clients wait, and for a standby, for which nobody does.
PRIMARY_SECONDS, STANDBY_SECONDS = 60, 300


class Restart(Change):
    """The target restarts where it is. Clients of a primary's transaction pools wait meanwhile."""

    def __init__(self, params: Mapping[str, Any], machines: Mapping[str, Machine]) -> None:
        super().__init__(params, machines)
        self.target = params["target"]
        answer = params["answers"].get(self.target)
        if not answer or answer["state"] != "running":
            raise PromotionRefused(f"{self.target} cannot be restarted: expected a running member")
        self.is_primary = answer["role"] == "primary"
        self.new_primary = self.target if self.is_primary else None
        self.seconds = PRIMARY_SECONDS if self.is_primary else STANDBY_SECONDS
        self.server = self.servers[self.target]
        self.unreachable = self.notes if self.is_primary else []
        self.notes = []
        if not self.is_primary:
            self.poolers = []
        # By name of a setting, what the server runs with.
        self.before: dict[str, str] = self.server.pending_settings()

    @property
    def would_change(self) -> bool:
        return bool(self.before or self.params["because"])

    def describe(self) -> list[str]:
        if not self.would_change:
            return [f"{self.target} runs with all of its settings"]
        if self.before:
            self.settings_of_before(self.target)
        named = ", ".join(
            [
                *filter(None, [self.params["because"]]),
                *(f"{name} (now {value or 'empty'})" for name, value in self.before.items()),
            ]
        )
        sentences = [f"{self.target} restarts for {named}"]
        if not self.is_primary:
            return sentences
        survey, poolers = self.server.survey(), self.survey_poolers()
        pools = [pool for pooler in poolers for pool in pooler["pools"]]
        problems = [
            *(f"{note}. Nothing was restarted" for note in self.unreachable),
            *plan.session_errors(pools, self.params),
        ]
        if problems:
            raise PromotionRefused(*problems)
        pooled = {pid for pooler in poolers for pid in pooler["pids"]}
        waiting = ", ".join(sorted({pool["name"] for pool in pools})) or "none"
        return [*sentences, f"pools that wait: {waiting}", *plan.affected(survey, pooled)]

    def survey_poolers(self) -> list[dict[str, Any]]:
        """What the poolers say. The clients of one that does not answer wait for nothing, so it is left out."""
        surveys, answering = [], []
        for pooler in self.poolers:
            try:
                surveys.append(pooler.survey())
                answering.append(pooler)
            except StepFailed as problem:
                self.notes.append(f"{problem}: its clients are not paused")
        self.poolers = answering
        return surveys

    def refused(self) -> None:
        """Whoever starts the server before it was tried starts it with what it runs with."""
        if self.before and not self.changed:
            with contextlib.suppress(StepFailed):
                self.server.keep_settings(self.before)

    def run(self) -> float | None:
        """Carries it out. Returns the seconds for which PgBouncer was paused, None where it was not."""
        if not self.would_change:
            return None
        self.server.checkpoint(self.params["checkpoint_timeout"])
        written = self.server.log_size()
        self.done("checkpoint")
        # A restart with the new settings and a start with those of before.
        self.arm_poolers(self.params["pause_timeout"] + 2 * self.seconds + 20)
        self.restart_clock()
        try:
            self.pause()
        except StepFailed as problem:
            left = self.resume_all()
            raise PromotionRefused(f"given up: {problem}. {self.target} was not restarted", *left) from problem
        self.changed = True
        try:
            self.server.restart(self.seconds, as_primary=self.is_primary)
        except StepFailed as problem:
            self.put_back(problem, self.server.said_since(written))
        paused = self.elapsed() if self.poolers else None
        left = self.resume_all()
        self.done(f"{self.target} restarted")
        if left:
            raise StepFailed("; ".join(left))
        return paused

    def put_back(self, problem: StepFailed, because: str) -> None:
        """:raises PromotionRefused: always, or :class:`StepFailed` where it does not run."""
        if not because:
            left = self.resume_all()
            raise StepFailed(
                "; ".join([f"{problem}. Its log names no reason, so it may still be starting", *left])
            ) from problem
        names = ", ".join(self.before)
        if not self.before:
            left = self.resume_all()
            said = f"{self.target} does not start for {self.params['because']}: {because}"
            raise StepFailed("; ".join([said, *left])) from problem
        try:
            self.server.keep_settings(self.before)
            self.server.start(self.seconds, as_primary=self.is_primary)
        except StepFailed as again:
            left = self.resume_all()
            said = f"{self.target} does not start with its new {names}: {because}. Nor does it with those of before: {again}"
            raise StepFailed("; ".join([said, *left])) from problem
        left = self.resume_all()
        raise PromotionRefused(
            f"{self.target} does not start with its new {names}: {because}. It runs again, with the values of before. Correct "
            "postgres_settings in the inventory, then run this again",
            *left,
        )

    def resume_all(self) -> list[str]:
        """Tries every pooler; a watchdog is left armed where it did not succeed. Returns what did not."""
        left = []
        for pooler in self.poolers:
            try:
                pooler.resume()
            except StepFailed as problem:
                left.append(str(problem))
        return left
