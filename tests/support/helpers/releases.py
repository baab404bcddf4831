# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine with releases, kept in memory: it obeys the contract of the engine, may die at each step, and is never without a release."""

from __future__ import annotations

import copy
import errno

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import Container, GateFailed, Migrated
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import apps, empty

SERVICES = ("app", "reverb", "queue", "scheduler")


class Killed(BaseException):
    """As a process that is killed: nothing of it goes on."""


def colour(number, release="1.0.0", known=None):
    name = f"r{number}" if number else ""
    suffix = f"-{name}" if name else ""
    return {
        "name": name,
        "release": release,
        "image": f"shop@sha256:{release}",
        "project": f"stack-shop{suffix}",
        "file": f"{suffix}.yml",
        "containers": {service: f"{service}{suffix}" for service in SERVICES},
        "known": known,
    }


FIRST = colour(0, known=["one"])


class World:
    """Engine and store. ``dies``: at which action, counted from 0; an action is one effect of the engine, or one write of the state.
    ``fails``: what goes wrong, by the name of the engine's method, or a service that ends by itself as soon as it runs. ``refuses``: the
    actions that the machine refuses, by number. ``full``: from which action on nothing can be written into the store. ``alone``: whether
    no Reverb hears of another.
    """

    def __init__(self, dies=None, after=False, fails=(), refuses=(), full=None, alone=False):
        self.dies, self.after, self.fails, self.refuses, self.full = dies, after, set(fails), set(refuses), full
        # When the engine's own checks come to an end.
        self.alone, self.checked = alone, 0.0
        self.actions, self.clock = [], 1000.0
        self.running = dict.fromkeys(FIRST["containers"].values(), True)
        self.paused, self.listed, self.before = set(), FIRST["name"], ""
        self.state, self.entries = empty(), []
        self.apps = {FIRST["name"]: ["app"]}
        self.migrations, self.answered, self.slow = ["one"], 0, 0.1
        # What the image of a new release has.
        self.known = ["one", "two"]

    def _act(self, what, effect):
        number = len(self.actions)
        self.actions.append(what)
        if number == self.dies and not self.after:
            raise Killed(what)
        written = what.startswith(("save", "keep", "record"))
        if number in self.refuses or (written and self.full is not None and number >= self.full):
            raise OSError(errno.ENOSPC, "No space left on device")
        effect()
        schedulers = [name for name in self.running if name.startswith("scheduler") and self.running[name]]
        assert len(schedulers) <= 1, f"two schedulers after {what}"
        served = self.apps[self.listed]
        assert all(self.running.get(name) for name in served), f"visitors get errors after {what}"
        if number == self.dies:
            raise Killed(what)

    # The store.

    def load(self):
        return copy.deepcopy(self.state)

    def save(self, state):
        step = (state["operation"] or {}).get("step")
        self._act(f"save {step}", lambda: setattr(self, "state", copy.deepcopy(state)))

    def keep_routes(self, text):
        self._act("keep routes", lambda: setattr(self, "before", text))

    def routes_before(self):
        return self.before

    def record(self, entry):
        self._act("record", lambda: self.entries.append(entry))

    def history(self):
        return self.entries

    # The engine.

    def now(self):
        return self.clock

    def sleep(self, seconds):
        assert seconds >= 0
        self.clock += seconds

    def containers(self, names):
        broken = [name for name in names if name.split("-")[0] in self.fails and "-" in name]
        return {
            name: Container(
                self.running[name],
                "healthy" if self.clock >= self.checked else "starting",
                3 if name in broken and name.startswith(("queue", "sched")) else 0,
                "running" if self.clock >= self.checked else "running, starting",
            )
            if name not in broken
            else Container(False, "", 1, "exited")
            for name in names
            if name in self.running
        }

    def up(self, one, services):
        for service in services:
            name = one["containers"].get(service)
            if name and not self.running.get(name):
                self.apps[one["name"]] = [one["containers"][each] for each in apps(one)]
                self._act(f"up {name}", lambda name=name: self.running.update({name: True}))

    def stop(self, names):
        for name in names:
            if self.running.get(name):
                self._act(f"stop {name}", lambda name=name: self.running.update({name: False}))
                # A pause ends with its process.
                self.paused.discard(name)

    def remove(self, one):
        for name in one["containers"].values():
            if name in self.running:
                self._act(f"remove {name}", lambda name=name: self.running.pop(name))

    def _fail(self, what):
        if what in self.fails:
            raise GateFailed(what, f"{what} does not work", ["app-r1"])

    def migrate(self, one):
        self._fail("migrate")
        new = [each for each in self.known if each not in self.migrations]
        self._act("migrate", lambda: self.migrations.extend(new))
        return Migrated(list(self.known), list(self.migrations), new)

    def known_migrations(self, one):
        return ["one"]

    def pause(self, name):
        self._act(f"pause {name}", lambda: self.paused.add(name))

    def resume(self, name):
        self._act(f"resume {name}", lambda: self.paused.discard(name))

    def interrupt(self, name):
        if self.running.get(name):
            self._act(f"interrupt {name}", lambda: None)

    def shares_events(self, one):
        return not self.alone

    def answers(self, one, times):
        return "app does not answer" if "answers" in self.fails and one["name"] else ""

    def warm(self, one):
        return "app answers 500 to GET /" if "warm" in self.fails else ""

    def routes(self):
        return f"routes of {self.listed}"

    def route(self, text):
        if text != "routes of ":
            self._fail("route")
        self._act(text, lambda: setattr(self, "listed", text.split(" of ")[1]))

    def confirm(self, one):
        return "app answered, expected app-r1" if "confirm" in self.fails else ""

    def requests(self, since):
        return []

    def log(self, names):
        return [f"{name}: its last line" for name in names]

    def prune(self, images):
        self.pruned = list(images)


class Memory:
    """The store of a world, whose routes are another method's name."""

    def __init__(self, world):
        self.load, self.save, self.keep_routes = world.load, world.save, world.keep_routes
        self.routes, self.record, self.history = world.routes_before, world.record, world.history
