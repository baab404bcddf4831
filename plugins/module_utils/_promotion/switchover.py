# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planned change of primary: no client fails, and until the promotion everything can be put back as it was."""

from __future__ import annotations

import time

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.standby_limits import NAMES as STANDBY_LIMITS
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import decide
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import confirmations, listed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion import switchover_plan as plan
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.change import Change, PromotionRefused
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import StepFailed

# Seconds that promotion and repointing may take until the watchdog resumes PgBouncer by itself.
FORWARD_SECONDS = 20
# Seconds after which a standby whose primary came back streams again: it asks every five (wal_retrieve_retry_interval).
RETURN_SECONDS = 30


class Switchover(Change):
    def __init__(self, params, machines):
        super().__init__(params, machines)
        self.target = self.new_primary = params["target"]
        self.created_slots = []
        self.before = {}
        members, answers = params["members"], params["answers"]
        errors = plan.switchover_errors(members, answers, self.target)
        if errors:
            raise PromotionRefused(*errors)
        for name in ("pause_timeout", "stop_timeout"):
            if params[name] < 1:
                raise PromotionRefused(f"{name} is {params[name]}, expected at least 1 second")
        unreachable = [entry["machine"] for entry in params["poolers"] if entry["machine"] not in machines]
        if unreachable:
            raise PromotionRefused(
                f"PgBouncer on {', '.join(unreachable)} cannot be reached, expected every pooler to follow"
            )
        self.stopped = plan.interrupted(members, answers)
        topology = decide(members, answers)
        self.primary = topology["primary"] or self.stopped
        self.followers = [name for name in topology["standbys"] if name not in (self.target, self.primary)]

    @property
    def finished(self):
        """Whether the target is the primary already, so that only what is left over has to be done."""
        return self.primary == self.target

    @property
    def would_change(self):
        return not self.finished

    def describe(self):
        if self.finished:
            return [f"{self.target} is the primary already: poolers and standbys are led to it, nothing is paused"]
        begin = []
        if self.stopped:
            begin = [f"{self.stopped} was shut down by a switchover that was interrupted: it is started again first"]
            return [*begin, f"then {self.target} becomes the primary in its place"]
        survey, poolers, errors = self.survey()
        if errors:
            raise PromotionRefused(*errors)
        self.before = self.settings_of_before(self.primary)
        pools = [pool for pooler in poolers for pool in pooler["pools"]]
        pooled = {pid for pooler in poolers for pid in pooler["pids"]}
        where = "on one machine" if len(self.machines) == 1 else f"over {len(self.machines)} machines"
        return [
            f"{self.target} becomes the primary in the place of {self.primary}, which becomes a standby",
            f"at risk: 0 bytes; {self.target} has to have everything before it is promoted (now "
            f"{survey['standbys'][self.target]['replay_bytes']} bytes behind)",
            f"expected pause {where}: about {'0.5' if len(self.machines) == 1 else '1'} s, and until open transactions have ended (the "
            f"oldest is {plan.longest_transaction(survey):.1f} s old; given up after {self.params['pause_timeout']} s)",
            f"pools that wait: {', '.join(sorted({pool['name'] for pool in pools})) or 'none'}",
            *plan.affected(survey, pooled),
        ]

    def survey(self):
        """What the primary says, what the poolers say, and why it must not begin."""
        survey, standby = self.servers[self.primary].survey(), self.servers[self.target].survey()
        poolers = [pooler.survey() for pooler in self.poolers]
        pools = [pool for pooler in poolers for pool in pooler["pools"]]
        return survey, poolers, plan.survey_errors(self.primary, self.target, survey, standby, pools, self.params)

    def run(self):
        """Carries it out. Returns the seconds for which PgBouncer was paused, None where it was not."""
        if self.finished:
            self.follow(self.target, self.followers)
            self.lead_clients_that_are_left(self.target)
            return None
        if self.stopped:
            self.servers[self.primary].start(self.params["stop_timeout"] + 60, as_primary=True)
            self.done(f"{self.primary} started again")
            self.lead_clients_that_are_left(self.primary)
            self.await_standby()
        try:
            self.prepare()
            self.restart_clock()
            self.pause()
            self.hand_over()
        except StepFailed as problem:
            self.put_back(problem)
        self.promote()
        paused = self.elapsed()
        # In mode all, commits wait until the old primary is back as well.
        required = confirmations(self.synchronous_standby_names)
        names = listed(self.synchronous_standby_names)
        enough = required <= len([name for name in self.followers if names is None or name in names])
        if enough:
            self.first_write(self.target, required)
        for pooler in self.poolers:
            pooler.disarm()
        self.demote()
        if not enough:
            self.first_write(self.target, required)
        self.let_readers_move()
        return paused

    def await_standby(self):
        """Waits until the target follows the primary that was started again."""
        deadline = time.monotonic() + RETURN_SECONDS
        while True:
            errors = self.survey()[2]
            if not errors:
                return
            if time.monotonic() > deadline:
                raise PromotionRefused(
                    *errors, f"{self.primary} was started again and is the primary, PgBouncer is not paused"
                )
            time.sleep(0.5)

    def prepare(self):
        """What is slow happens before anybody waits: slots, checkpoints, the watchdog."""
        primary, target = self.servers[self.primary], self.servers[self.target]
        self.synchronous_standby_names = target.survey()["synchronous_standby_names"]
        self.written[self.primary] = primary.log_size()
        primary.checkpoint(self.params["checkpoint_timeout"])
        target.checkpoint(self.params["checkpoint_timeout"])
        self.done("checkpoints")
        self.created_slots = target.create_slots(self.slots_of_others(self.target))
        self.arm_poolers(self.params["pause_timeout"] + 2 * self.params["stop_timeout"] + FORWARD_SECONDS)
        self.done("slots on the target, watchdog of the pause")

    def hand_over(self):
        """The old primary stops, and the target has everything that it wrote."""
        self.changed = True
        self.servers[self.primary].stop(self.params["stop_timeout"])
        self.done(f"{self.primary} stopped")
        self.servers[self.target].wait_for(self.servers[self.primary].shut_down_at(), self.params["stop_timeout"])
        self.done(f"{self.target} has everything")

    def put_back(self, problem):
        """Everything as it was, and the reason as an exception.

        :raises PromotionRefused: always.
        """
        seconds = self.params["stop_timeout"] + 60
        left = self.undo(
            lambda: self.start_again(self.primary, self.before, seconds, as_primary=True),
            *(pooler.resume for pooler in self.poolers),
            lambda: self.servers[self.target].drop_slots(self.created_slots) if self.created_slots else None,
        )
        if left:
            raise PromotionRefused(f"given up: {problem}. Putting everything back did not succeed: {'; '.join(left)}")
        raise PromotionRefused(
            f"given up: {problem}. Everything is as it was: {self.primary} is the primary, PgBouncer is not paused"
        )

    @staticmethod
    def undo(*steps):
        """Tries every step. Returns what did not succeed."""
        left = []
        for step in steps:
            try:
                step()
            except StepFailed as problem:
                left.append(str(problem))
        return left

    def promote(self):
        """From here on there is only the way forward, and clients go on whatever happens."""
        self.changed = True
        try:
            self.servers[self.target].promote(FORWARD_SECONDS)
        except StepFailed as problem:
            left = self.undo(*(pooler.resume for pooler in self.poolers))
            raise StepFailed(
                f"{'; '.join([str(problem), *left])}. {self.primary} is stopped; run the switchover again, which finishes it"
            ) from problem
        self.done(f"{self.target} promoted")
        self.follow(self.target, self.followers)
        self.lead_clients(self.target)

    def demote(self):
        """The old primary comes back as a standby: it wrote nothing that the new one does not have."""
        old = self.servers[self.primary]
        try:
            old.become_standby(self.params["standby_files"][self.target][self.primary])
            # A standby may not have less of these than its primary, which runs with the new ones.
            before = {name: value for name, value in self.before.items() if name not in STANDBY_LIMITS}
            self.start_again(self.primary, before, self.params["stop_timeout"] + 60)
            dropped = old.drop_slots(self.slots_of_others(self.primary))
        except StepFailed as problem:
            self.notes.append(
                f"{problem}. {self.target} is the primary; the rejoin playbook brings {self.primary} back"
            )
            return
        if dropped:
            self.notes.append(
                f"slots dropped on {self.primary}, where they would keep WAL for nobody: {', '.join(dropped)}"
            )
        self.done(f"{self.primary} is a standby")
