# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One release takes the place of another, step by step; after each failure the old one serves."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import state as states
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.ending import Ending
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import (
    QUEUE,
    REVERB,
    SCHEDULER,
    Colour,
    Operation,
    apps,
    names,
    web,
)

# A scheduler begins its tasks with each minute, and needs some seconds for that. It is replaced between these seconds of one.
MINUTE = (8, 45)


class Reverted(Exception):
    """The old release serves. ``lines``: the last ones of the containers that the gate names."""

    def __init__(self, failed: GateFailed, lines: list[str]) -> None:
        super().__init__(str(failed))
        self.gate = failed.gate
        self.lines = lines


class Deployment(Ending):
    """Puts a release into the place of another."""

    def carry_out(self, kind: str, new: Colour, routes: str) -> None:
        """Puts a colour into the place of the one that serves.

        :arg kind: ``deploy`` or ``rollback``; a rollback migrates nothing and does not wait for the middle of a minute, nor for traffic.
        :arg routes: Traefik's file for it.
        :raises Reverted: when a gate failed and the old one serves.
        :raises GateFailed: when nothing was begun, or when an operation is left that the next run ends.
        """
        state = self.store.load()
        discard = new != state["kept"]
        operation: Operation = {
            "kind": kind, "who": self.options.who, "began": self.engine.now(), "step": states.MAKING, "old": self.current(),
            "new": new, "discard": discard, "switched": 0.0, "migrations": [],
        }  # fmt: skip
        number = state["number"] + 1 if discard else state["number"]
        with self.phases.phase("begin"):
            self.store.save({**state, "number": number, "operation": operation})
        try:
            self._make(operation)
            self._switch(operation, routes)
            self._hand_over(operation)
            self._watch(operation)
        except GateFailed as failed:
            self._revert(failed)
        self.finish()

    def _revert(self, failed: GateFailed) -> NoReturn:
        lines = []
        with suppress(OSError, GateFailed):
            lines = self.engine.log(failed.containers) if self.options.log_lines else []
        try:
            with self.phases.phase("go back"):
                self.go_back(f"{failed.gate}: {failed}")
        except GateFailed as left:
            raise GateFailed(failed.gate, f"{failed}; and going back did not come to its end: {left}") from failed
        raise Reverted(failed, lines) from failed

    def _make(self, operation: Operation) -> None:
        old, new = operation["old"], operation["new"]
        if operation["kind"] == "deploy":
            if old["known"] is None:
                with self.phases.phase("ask the old release"):
                    old["known"] = self.engine.known_migrations(old)
                    self._step(operation, states.MAKING)
            if self.options.migrate:
                with self.phases.phase("migrate") as row:
                    migrated = self.engine.migrate(new)
                    new["known"] = migrated.known
                    operation["migrations"] = migrated.new
                    self.store.save({**self.store.load(), "schema": migrated.ran, "operation": operation})
                    row["said"] = ", ".join(migrated.new) or "nothing to migrate"
                self._refuse_older(old, new, migrated.ran)
        with self.phases.phase("start"):
            self.engine.up(new, web(new))
            self.health.wait(new, web(new), served=not operation["discard"])
        with self.phases.phase("warm up"):
            problem = self.engine.warm(new)
            if problem:
                raise GateFailed("warm-up", problem, names(new, *apps(new)))

    def _refuse_older(self, old: Colour, new: Colour, ran: Sequence[str]) -> None:
        """Of those in the database, what a release that failed has left is no reason, since the old one serves without knowing it."""
        lost = [
            each for each in ran if each not in (new["known"] or ()) and (old["known"] is None or each in old["known"])
        ]
        if lost and not self.options.newer_schema:
            raise GateFailed(
                "schema",
                f"the database has {', '.join(lost)}, which {new['release']} does not know. Nothing rolls them back. If that release works "
                "with them, run playbooks/deploy.yml with -e deploy_newer_schema=true",
            )

    def _switch(self, operation: Operation, routes: str) -> None:
        old, new = operation["old"], operation["new"]
        with self.phases.phase("switch"):
            self.store.keep_routes(self.engine.routes())
            self._step(operation, states.SWITCHING, switched=self.engine.now())
            # Jobs that the new release makes are not for the old one's workers.
            for queue in names(old, QUEUE):
                self.engine.pause(queue)
            self.engine.route(routes)
            problem = self.engine.confirm(new)
            if problem:
                raise GateFailed("public port", problem, names(new, *apps(new)))

    def _hand_over(self, operation: Operation) -> None:
        old, new = operation["old"], operation["new"]
        with self.phases.phase("websockets") as row:
            self._step(operation, states.HANDING)
            # Without that, whoever stays hears nothing of the new release.
            kept = self.options.websocket_seconds > 0 and all(map(self.engine.shares_events, (old, new)))
            if not kept:
                self.engine.stop(names(old, REVERB))
            row["said"] = "stay open for now" if kept else "closed, and open again at the new release"
        with self.phases.phase("queue"):
            self.engine.up(new, [QUEUE])
            self.health.lasts(new, [QUEUE])
            self.engine.stop(names(old, QUEUE))
        with self.phases.phase("scheduler"):
            if operation["kind"] == "deploy":
                self._wait_for_the_middle_of_a_minute()
            self._end_scheduler(old)
            self.engine.up(new, [SCHEDULER])
            self.health.lasts(new, [SCHEDULER])

    def _wait_for_the_middle_of_a_minute(self) -> None:
        second = self.engine.now() % 60
        if not MINUTE[0] <= second <= MINUTE[1]:
            self.engine.sleep((MINUTE[0] - second) % 60)

    def _watch(self, operation: Operation) -> None:
        with self.phases.phase("watch") as row:
            self._step(operation, states.WATCHING)
            row["said"] = self.health.watch(operation, self.options.watch_seconds, self.options.watch_requests)
            self._commit()

    def _commit(self) -> None:
        """From here on, the new one is the release."""
        state = self.store.load()
        operation = states.under_way(state)
        before = state["kept"]
        gone = state["gone"] + ([before] if before and before != operation["new"] else [])
        operation["step"] = states.FINISHING
        self.store.save(
            {**state, "current": operation["new"], "kept": operation["old"], "gone": gone, "operation": operation}
        )
