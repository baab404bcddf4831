# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the containers of a colour are well: before they are sent visitors, and while they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import watch
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import Engine, GateFailed
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Colour, Operation, apps

# How often a container may end by itself until it is taken for broken.
RESTARTS = 2
# How long one that has no visitors has to run.
LASTS = 5
EVERY = 0.5
# The old release is measured for this long.
BASELINE = 60


class Health:
    """Asks the engine, and takes its time."""

    def __init__(self, engine: Engine, seconds: int, times: int) -> None:
        self.engine, self.seconds, self.times = engine, seconds, times

    def wait(self, colour: Colour, services: Sequence[str], served: bool = False) -> None:
        """Healthy as the engine has it, and then from Traefik's network, several times in a row.

        :arg served: it did before: its answers are enough, though the engine's own check, which comes once a second, may still be due.
        :raises GateFailed: when they are not in time.
        """
        deadline = self.engine.now() + self.seconds
        names = [colour["containers"][service] for service in services]
        restarts = self._restarts(names)
        while True:
            problem = self._problem(names, "health", restarts)
            if not problem or (served and problem.endswith("starting")):
                problem = self.engine.answers(colour, self.times)
            if not problem:
                return
            if self.engine.now() >= deadline:
                raise GateFailed("health", f"{problem}, {self.seconds} s after the start", names)
            self.engine.sleep(EVERY)

    def lasts(self, colour: Colour, services: Sequence[str]) -> None:
        """They run for some seconds, and do not begin anew: of a worker, health tells little.

        :raises GateFailed: when one ends.
        """
        names = [colour["containers"][service] for service in services if service in colour["containers"]]
        gate = " and ".join(services)
        restarts = self._restarts(names)
        until = self.engine.now() + LASTS
        while self.engine.now() < until:
            found = self.engine.containers(names)
            for name in names:
                container = found.get(name)
                if not container or not container.running or container.restarts > restarts[name]:
                    raise GateFailed(gate, f"{name} ended, and is {container.status if container else 'gone'}", names)
            self.engine.sleep(EVERY)

    def watch(self, operation: Operation, seconds: int, least: int) -> str:
        """Compares the new colour with the old one. What was measured.

        :raises GateFailed: when it is worse.
        """
        old, new, switched = operation["old"], operation["new"], operation["switched"]
        before = watch.measure(
            self.engine.requests(switched - BASELINE), [old["containers"][service] for service in apps(old)]
        )
        names = list(new["containers"].values())
        servers = [new["containers"][service] for service in apps(new)]
        restarts = self._restarts(names)
        until = self.engine.now() + seconds
        silent = ""
        while True:
            after = watch.measure(self.engine.requests(switched), servers)
            starting = self._problem(names, "watch", restarts)
            said = self.engine.answers(new, 1)
            # One answer that is late is no reason.
            broken = "" if starting.endswith("starting") else starting
            problem = watch.worse(before, after, least) or broken or (said if silent else "")
            silent = said
            if not problem and starting and self.engine.now() >= until + self.seconds:
                problem = f"{starting}, {self.seconds} s after the window"
            if problem:
                raise GateFailed("watch", problem, names)
            if self.engine.now() >= until and not starting and not silent:
                break
            self.engine.sleep(min(4, max(until - self.engine.now(), EVERY)))
        enough = "" if after.requests >= least else f", too few to compare (expected {least})"
        return f"{after.requests} answers, {after.errors:.1%} errors, 95 % within {after.slow:.2f} s{enough}"

    def _restarts(self, names: Sequence[str]) -> dict[str, int]:
        """A container that is started again keeps its number."""
        found = self.engine.containers(names)
        return {name: found[name].restarts if name in found else 0 for name in names}

    def _problem(self, names: Sequence[str], gate: str, restarts: Mapping[str, int]) -> str:
        """:raises GateFailed: where waiting does not help."""
        found = self.engine.containers(names)
        for name in names:
            container = found.get(name)
            if container is None:
                return f"{name} is not there"
            again = container.restarts - restarts[name]
            if again > RESTARTS:
                raise GateFailed(gate, f"{name} ended by itself {again} times", [name])
            if not container.running or container.health not in ("healthy", ""):
                return f"{name} is {container.status}"
        return ""
