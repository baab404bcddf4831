# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of primary on real servers: what a planned one and an emergency have in common."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import Machine, StepFailed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.pooler import Pooler
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.server import MemberServer

# Seconds after which it is known in front of the replicas who is one of them: its agent is asked every second.
READERS_SECONDS = 3


class PromotionRefused(Exception):
    """Nothing was changed; the arguments are the reasons."""


class Change(ABC):
    """The servers and poolers, and what was done with them so far.

    A change says in its ``new_primary`` who will be, or is, the primary; None while that is not decided.

    :arg params: the module's options.
    :arg machines: mapping of machine name to a :class:`machine.Machine`; one that cannot be reached is missing.
    """

    new_primary: str | None

    def __init__(self, params: Mapping[str, Any], machines: Mapping[str, Machine]) -> None:
        self.params, self.machines = params, machines
        self.members = {member["name"]: member for member in params["members"]}
        self.servers = {
            name: MemberServer(member, machines[member["machine"]])
            for name, member in self.members.items()
            if member["machine"] in machines
        }
        addresses = [(member["address"], member["port"]) for member in params["members"]]
        poolers = [
            Pooler(entry, machines[entry["machine"]], addresses)
            for entry in params["poolers"]
            if entry["machine"] in machines
        ]
        self.poolers = [pooler for pooler in poolers if pooler.is_configured()]
        # How many bytes the log of a member had before it was stopped.
        self.written: dict[str, int] = {}
        self.steps: list[dict[str, Any]] = []
        self.notes: list[str] = []
        # The plan as it was carried out, where that became known on the way.
        self.sentences: list[str] | None = None
        self.changed = False
        self._since = self._began = time.monotonic()
        for entry in params["poolers"]:
            if entry["machine"] not in machines:
                self.notes.append(f"PgBouncer on {entry['machine']} cannot be reached: converge it when it is back")

    @property
    @abstractmethod
    def would_change(self) -> bool:
        """Whether :meth:`run` would make another member the primary."""

    @abstractmethod
    def describe(self) -> list[str]:
        """The plan as sentences. Changes nothing.

        :raises PromotionRefused: if it must not begin.
        """

    @abstractmethod
    def run(self) -> float | None:
        """Carries it out. Returns the seconds that it made clients wait, None where nobody can say."""

    def done(self, step):
        """Notes that a step is done, and how long it took."""
        now = time.monotonic()
        self.steps.append({"step": step, "seconds": round(now - self._since, 3)})
        self._since = now

    def elapsed(self):
        return round(time.monotonic() - self._began, 3)

    def restart_clock(self):
        self._began = self._since = time.monotonic()

    def refused(self) -> None:  # noqa: B027 - most changes leave everything as it was
        """Sees to what has to hold where the change was refused before anything was done."""

    def settings_of_before(self, name):
        """What a member runs with that will get other values when it starts again, by name of the setting.

        :raises PromotionRefused: if it could not be given those of before, should it not start.
        """
        before = self.servers[name].pending_settings()
        by_hand = [setting for setting in self.servers[name].overridden_settings() if setting in before]
        if by_hand:
            raise PromotionRefused(
                f"{name} would start with {', '.join(by_hand)} from postgresql.auto.conf, which nobody has tried and which wins over "
                f"all other files. On {name}: ALTER SYSTEM RESET {by_hand[0]}, then pg_reload_conf(); or restart it by hand"
            )
        return before

    def start_again(self, name, before, seconds, as_primary=False):
        """Starts a member that was stopped, with the settings of before if it does not start with those in its files.

        :arg before: as :meth:`settings_of_before` gave it; empty where its files have not changed.
        """
        server = self.servers[name]
        try:
            server.start(seconds, as_primary=as_primary)
        except StepFailed as problem:
            because = server.said_since(self.written.get(name, 0)) if before else ""
            if not because:
                raise
            server.keep_settings(before)
            try:
                server.start(seconds, as_primary=as_primary)
            except StepFailed as again:
                raise StepFailed(
                    f"{name} does not start with its new {', '.join(before)}: {because}. Nor does it with those of before: {again}"
                ) from problem
            self.notes.append(
                f"{name} did not start with its new {', '.join(before)}: {because}. It runs again, with the values of before"
            )

    def arm_poolers(self, seconds):
        """Chooses the pools that will be paused, those whose clients notice no more than that, and arms their watchdogs."""
        self.pools = {
            pooler: [pool["name"] for pool in pooler.survey()["pools"] if pool["mode"] != "session"]
            for pooler in self.poolers
        }
        for pooler, pools in self.pools.items():
            pooler.arm(pools, seconds)

    def pause(self):
        for pooler, pools in self.pools.items():
            if pools:
                pooler.pause(pools, self.params["pause_timeout"])
        self.done("pause")

    def others(self, primary):
        return [name for name in self.members if name != primary]

    def slots_of_others(self, primary):
        return [self.members[name]["slot"] for name in self.others(primary)]

    def follow(self, primary, names):
        """Lets running standbys stream from the new primary."""
        for name in names:
            try:
                self.changed |= self.servers[name].follow(self.params["standby_files"][primary][name])
            except StepFailed as problem:
                self.notes.append(f"{problem}. The rejoin playbook brings {name} back")
        if names:
            self.done(f"{', '.join(names)} follow {primary}")

    def lead_clients(self, primary):
        """Points every pooler to the primary and resumes its clients. Tries every one before it fails."""
        member, problems = self.members[primary], []
        for pooler in self.poolers:
            try:
                pooler.lead_to(member["address"], member["port"], pooler.paused)
            except StepFailed as problem:
                problems.append(str(problem))
        self.done(f"PgBouncer points to {primary} and is not paused")
        if problems:
            raise StepFailed("; ".join(problems))

    def lead_clients_that_are_left(self, primary):
        """The same, where an interrupted run may have left some of them elsewhere, or paused."""
        member = self.members[primary]
        target = (member["address"], str(member["port"]))
        for pooler in self.poolers:
            pools = pooler.survey()["pools"]
            pooler.paused = [pool["name"] for pool in pools if pool["paused"]]
            if pooler.paused or any(pool["target"] != target for pool in pools):
                pooler.lead_to(*target, pooler.paused)
                self.changed = True
        self.done(f"PgBouncer points to {primary} and is not paused")

    def let_readers_move(self):
        """Nobody reads from the new primary what the replicas are there for. Nobody waits for this either."""
        time.sleep(READERS_SECONDS)
        for pooler in self.poolers:
            try:
                pooler.let_readers_move()
            except StepFailed as problem:
                self.notes.append(
                    f"{problem}. Some reads may still go to the new primary: say RECONNECT on PgBouncer's console"
                )
        self.done("readers moved")

    def first_write(self, primary, standbys):
        """Whether a commit was confirmed as the mode asks; the reason is noted where it was not.

        :arg standbys: how many have to stream before.
        """
        try:
            self.servers[primary].first_write(standbys, self.params["write_timeout"])
        except StepFailed as problem:
            self.notes.append(
                f"{problem}: commits wait until enough standbys follow {primary}. Rejoin a member, or set postgres_sync_mode "
                "to quorum and converge"
            )
            return False
        self.done("first write")
        return True
