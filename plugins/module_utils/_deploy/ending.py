# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Going back, and going on: how each operation ends, whoever began it.

Both begin anywhere: each sees to what has to be, whatever there is. Which of the two is right is told by the step that was written last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import state as states
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import Engine, GateFailed
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.health import Health
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import (
    QUEUE,
    REVERB,
    SCHEDULER,
    Colour,
    Operation,
    State,
    Store,
    names,
    web,
)


@dataclass(frozen=True)
class Options:
    """``newer_schema``: whether a deployment may leave the database with migrations that only the old release knows. ``watch_seconds``: how
    long the new release is compared with the old one, which needs ``watch_requests`` answers. ``drain_seconds``: how long after the switch
    requests under way have at least. ``websocket_seconds``: how long after it old websockets stay open. ``images``: how many releases'
    images stay.
    """

    who: str = ""
    migrate: bool = True
    newer_schema: bool = False
    health_seconds: int = 180
    health_times: int = 5
    watch_seconds: int = 60
    watch_requests: int = 20
    drain_seconds: int = 30
    websocket_seconds: int = 0
    log_lines: int = 20
    images: int = 5


Tell = Callable[[Mapping[str, Any]], None]


@dataclass
class Phases:
    """What was done, and how long it took. ``tell`` is given each one when it ends."""

    engine: Engine
    tell: Tell | None = None
    done: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[dict[str, Any]]:
        """What the machine refuses in it, as one with a full disk does, is this gate's failure."""
        row: dict[str, Any] = {"phase": name, "seconds": 0.0, "said": ""}
        began = self.engine.now()
        self.done.append(row)
        try:
            yield row
        except OSError as problem:
            raise GateFailed(name, f"the machine refused: {problem}") from problem
        finally:
            row["seconds"] = round(self.engine.now() - began, 1)
            if self.tell:
                self.tell(row)


class Ending:
    """The releases of one environment on one machine."""

    def __init__(self, engine: Engine, store: Store, options: Options, first: Colour) -> None:
        self.engine, self.store, self.options, self.first = engine, store, options, first
        self.phases = Phases(engine)
        self.health = Health(engine, options.health_seconds, options.health_times)

    def current(self) -> Colour:
        return self.store.load()["current"] or self.first

    def recover(self) -> str:
        """What an interrupted run left is brought to an end. Which one; empty where there is nothing.

        :raises GateFailed: where it cannot be; the next run tries again.
        """
        operation = self.store.load()["operation"]
        if not operation:
            return ""
        with self.phases.phase("recover") as row:
            if operation["step"] == states.FINISHING:
                self.finish()
                row["said"] = f"went on with {operation['new']['release']}, which an interrupted run had put into place"
            else:
                self.go_back("interrupted")
                row["said"] = (
                    f"went back to {operation['old']['release']}: a run was interrupted while {operation['step']}"
                )
            return str(row["said"])

    def _step(self, operation: Operation, step: str, **more: Any) -> None:
        operation.update({"step": step, **more})  # type: ignore[typeddict-item]
        self.store.save({**self.store.load(), "operation": operation})

    def finish(self) -> None:
        """The new colour has everything, and the old one rests."""
        state = self.store.load()
        operation = states.under_way(state)
        old, new = operation["old"], operation["new"]
        with self.phases.phase("finish"):
            self.engine.up(new, list(new["containers"]))
            reverb = names(old, REVERB)
            self._sleep_until(operation["switched"] + self.options.drain_seconds)
            self.engine.stop([name for name in old["containers"].values() if name not in reverb])
            # One that was ended at the switch has nobody left to wait for.
            if any(container.running for container in self.engine.containers(reverb).values()):
                self._sleep_until(operation["switched"] + self.options.websocket_seconds)
                self.engine.stop(reverb)
            for colour in state["gone"]:
                self.engine.remove(colour)
            self._end({**state, "gone": []}, operation, "done")
            # It is done: an image that stays is no failure.
            with suppress(OSError):
                self.engine.prune(self._old_images())

    def _sleep_until(self, moment: float) -> None:
        self.engine.sleep(max(moment - self.engine.now(), 0))

    def go_back(self, why: str) -> None:
        """The old colour has everything, as if there had been no new one. Containers and routes go back also where nothing can be written.

        :raises OSError: where they did, and it cannot be written that they did.
        """
        state = self.store.load()
        operation = states.under_way(state)
        old, new = operation["old"], operation["new"]
        switched = bool(operation["switched"])
        # For those who read it. Whichever step is there, the next run goes back.
        with suppress(OSError):
            self._step(operation, states.GOING_BACK)
        self._end_scheduler(new)
        self.engine.up(old, web(old))
        if switched:
            # It served before: whatever is wrong with it now, it is what there is.
            with suppress(GateFailed):
                self.health.wait(old, web(old), served=True)
            if self.engine.routes() != self.store.routes():
                self.engine.route(self.store.routes())
        # Its worker was paused, or ended. Those of the new release end after their jobs.
        self.engine.up(old, [QUEUE])
        for queue in names(old, QUEUE):
            self.engine.resume(queue)
        self.engine.stop(names(new, QUEUE))
        self.engine.up(old, [SCHEDULER])
        if operation["discard"]:
            self.engine.remove(new)
        else:
            self.engine.stop(names(new, *web(new)))
        self._end(self.store.load(), operation, f"went back: {why}")

    def _end_scheduler(self, colour: Colour) -> None:
        """Tasks that run are waited for. Those that repeat within a minute go on with the next one."""
        for scheduler in names(colour, SCHEDULER):
            self.engine.interrupt(scheduler)
        self.engine.stop(names(colour, SCHEDULER))

    def _end(self, state: State, operation: Operation, result: str) -> None:
        """History first: a line twice is better than none."""
        new = operation["new"]
        self.store.record(
            {
                "began": operation["began"], "ended": self.engine.now(), "who": operation["who"], "kind": operation["kind"],
                "release": new["release"], "image": new["image"], "colour": new["name"], "from": operation["old"]["release"],
                "switched": operation["switched"], "known": new["known"], "migrations": operation["migrations"], "result": result,
                "phases": {row["phase"]: row["seconds"] for row in self.phases.done},
            }
        )  # fmt: skip
        self.store.save({**state, "operation": None})

    def _old_images(self) -> list[str]:
        """Those that the history names, but of the last releases that served, and of those that are kept."""
        state = self.store.load()
        entries = [entry for entry in reversed(self.store.history()) if entry.get("image")]
        served = dict.fromkeys(entry["image"] for entry in entries if entry.get("result") == "done")
        stay = {
            *list(served)[: self.options.images],
            *(each["image"] for each in (state["current"], state["kept"]) if each),
        }
        return [image for image in dict.fromkeys(entry["image"] for entry in entries) if image not in stay]
