# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change of primary after the primary is gone: detach all standbys, survey, decide, fence, promote, attach.

A standby that streams from nobody confirms no commit. So what the standbys hold when all are detached is all that was ever
acknowledged, also where the old primary runs on behind a cut network.
"""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.following import past_the_fork, told_to_follow
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import confirmations
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.change import Change, PromotionRefused
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.failover_plan import Policy, failover_plan
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import StepFailed

# Seconds for a detached standby to replay what it holds, before it is attached or found to be past the fork. Usually it has.
REPLAY_SECONDS = 10


class Failover(Change):
    def __init__(self, params, machines):
        super().__init__(params, machines)
        dead = params["powered_off"] or params["dead"]
        if params["powered_off"] and params["dead"] not in ("", dead):
            raise PromotionRefused(
                f"failover_powered_off is {dead} and failover_dead {params['dead']}, expected the same member"
            )
        self.policy: Policy = {
            "dead": dead,
            "accept_data_loss": params["accept_data_loss"],
            "synchronous": params["synchronous"],
        }
        # A machine that was lost since discovery is one that cannot be reached.
        self.answers = {name: answer for name, answer in params["answers"].items() if name in self.servers}
        self.plan = failover_plan(params["members"], self.answers, self.policy)
        if self.plan["errors"] and not self.plan["attach"]:
            raise PromotionRefused(*self.plan["errors"], *self.plan["members"])
        self.new_primary = self.plan["primary"]

    @property
    def would_change(self):
        return not self.plan["primary"]

    def describe(self):
        plan = self.plan
        if plan["primary"]:
            return [f"{plan['primary']} was promoted already: poolers and standbys are led to it", *plan["members"]]
        if plan["attach"]:
            return [*plan["errors"], *plan["members"]]
        return [
            *self._decision(),
            f"first detached, and asked again: {', '.join(plan['candidates'])}; these figures are from before that",
            *(f"{name} is stopped, and its start guard keeps it from taking writes" for name in self._fenced()),
            *(
                f"{name} is taken for dead because you said so: it must not come back by itself elsewhere"
                for name in plan["old"]
                if name not in self._fenced()
            ),
            "expected time to the first write: under 15 s",
        ]

    def run(self):
        """Carries it out. Returns the seconds to the first confirmed write, None where no write was confirmed yet."""
        if self.plan["attach"]:
            self.attach_again(self.plan["attach"])
            raise PromotionRefused(*self.plan["errors"])
        if not self.new_primary:
            self.replace()
        primary = self.new_primary
        try:
            confirming = self.attach(primary)
        finally:
            self.lead_clients_that_are_left(primary)
        for name in self.plan["old"]:
            self.notes.append(f"{name} stays stopped: the rejoin playbook makes it a standby of {primary}")
        took = self.elapsed() if self.first_write(primary, confirming) else None
        self.let_readers_move()
        return took

    def replace(self):
        """Promotes the standby that has the most when nobody confirms anything any more.

        :raises PromotionRefused: if that fails, or risks more than was said. Everything but a fence is then as it was.
        """
        candidates = self.plan["candidates"]
        self.refuse_a_new_primary(candidates)
        try:
            gone = self.detach(candidates)
            answers = {name: answer for name, answer in self.answers.items() if name not in candidates}
            answers.update(self.survey([name for name in candidates if name not in gone], gone))
            self.plan = failover_plan(self.params["members"], answers, self.policy)
            if self.plan["errors"]:
                raise PromotionRefused(*gone.values(), *self.plan["errors"], *self.plan["members"])
            self.notes.extend(gone.values())
            self.sentences = self._decision()
            self.fence()
            best = self.servers[self.plan["candidates"][0]]
            best.create_slots(self.slots_of_others(best.name))
            self.done(f"slots on {best.name}")
        except (StepFailed, PromotionRefused) as problem:
            raise PromotionRefused("Nobody was promoted", *problem.args, *self.attach_again(candidates)) from problem
        self.new_primary = best.name
        best.promote(self.params["promote_timeout"])
        self.done(f"{best.name} promoted")

    def refuse_a_new_primary(self, names):
        """Another run may have promoted one of the standbys since they were asked.

        :raises PromotionRefused: before anything is changed.
        """
        for name in names:
            try:
                promoted = not self.servers[name].survey()["in_recovery"]
            except StepFailed:
                # Who does not answer is counted as such below.
                continue
            if promoted:
                raise PromotionRefused(
                    f"{name} was promoted since the members were asked. Nobody else was; see playbooks/status.yml"
                )

    def detach(self, names):
        """Detaches standbys. Returns why it did not succeed, by name: one of these may still confirm commits."""
        self.changed = True
        gone = {}
        for name in names:
            try:
                self.servers[name].detach(self._upstream(name))
            except StepFailed as problem:
                gone[name] = str(problem)
        self.done(f"{', '.join(names)} detached")
        return gone

    def survey(self, names, gone):
        """What detached standbys answer when the end of their WAL is known. Adds those for which it is not to ``gone``."""
        answers = {}
        for name in names:
            try:
                answers[name] = {**self.answers[name], **self.servers[name].final_survey(self.params["survey_timeout"])}
            except StepFailed as problem:
                gone[name] = str(problem)
        self.done("survey")
        return answers

    def fence(self):
        """Stops every old primary whose machine can be reached and is not said to be off."""
        for name in self._fenced():
            try:
                self.servers[name].kill(self.params["stop_timeout"])
            except StepFailed as problem:
                raise StepFailed(
                    f"{problem}. Where its disk hangs nothing can stop it: power its machine off, then run the playbook again with "
                    f"-e failover_powered_off={name}"
                ) from problem
        self.done("fence")

    def attach_again(self, names):
        """Lets detached standbys follow whom they followed before. Returns what did not succeed."""
        left = []
        for name in names:
            try:
                self.servers[name].follow(self.params["standby_files"][self._upstream(name)][name])
            except StepFailed as problem:
                left.append(f"{problem}. {name} stays detached until a converge or the rejoin playbook attaches it")
        self.changed = True
        self.done(f"{', '.join(names)} attached again")
        return left

    def attach(self, primary):
        """Lets every running standby that is not past the fork follow the new primary. Returns how many of them have to confirm a
        commit."""
        survey = self.servers[primary].survey()
        standbys = [
            name
            for name, answer in self.params["answers"].items()
            if name != primary and name in self.servers and answer["state"] == "running" and answer["role"] == "standby"
        ]
        attached = []
        for name in standbys:
            try:
                diverged = past_the_fork(survey, self.servers[name].survey_at_the_end(REPLAY_SECONDS))
            except StepFailed as problem:
                self.notes.append(f"{problem}. The rejoin playbook brings {name} back")
                continue
            if diverged:
                self.notes.append(
                    f"{name} is diverged: {diverged}. It stays detached: the rejoin playbook makes it a standby"
                )
            else:
                attached.append(name)
        self.follow(primary, attached)
        return min(confirmations(survey["synchronous_standby_names"]), len(attached))

    def _fenced(self):
        return [name for name in self.plan["old"] if name in self.servers and name != self.params["powered_off"]]

    def _upstream(self, name):
        return told_to_follow(self.params["members"], self.answers[name]) or self.plan["old"][0]

    def _decision(self):
        return [
            f"{self.plan['candidates'][0]} becomes the primary",
            *(f"at risk: {risk}" for risk in self.plan["risk"]),
            *self.plan["members"],
        ]
