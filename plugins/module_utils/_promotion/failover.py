# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change of primary after the primary is gone: fence it, promote the standby that has the most, lead everybody there."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._promotion import plan
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.change import Change, PromotionRefused
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import StepFailed


class Failover(Change):
    def __init__(self, params, machines):
        super().__init__(params, machines)
        self.plan = plan.failover_plan(params["members"], params["answers"], params["dead"], params["accept_data_loss"])
        if self.plan["errors"]:
            raise PromotionRefused(*self.plan["errors"])
        self.new_primary = self.plan["primary"]

    @property
    def would_change(self):
        return not self.plan["primary"]

    def describe(self):
        if self.plan["primary"]:
            return [f"{self.plan['primary']} was promoted already: poolers and standbys are led to it"]
        answers, best = self.params["answers"], self.plan["best"]
        order = ", ".join(f"{name} ({self._location(answers[name])})" for name in self.plan["candidates"])
        fenced = [name for name in self.plan["old"] if name in self.servers]
        declared = [name for name in self.plan["old"] if name not in self.servers]
        return [
            f"{best} becomes the primary: it has the most WAL of {order}",
            f"at risk: {self.plan['risk']}",
            *(f"{name} is stopped first, and its start guard keeps it from taking writes" for name in fenced),
            *(
                f"{name} is taken for dead because you said so: it must not come back by itself elsewhere"
                for name in declared
            ),
            "expected time to the first write: under 15 s",
        ]

    def run(self):
        """Carries it out. Returns the seconds to the first confirmed write, None where no write was confirmed yet."""
        primary = self.plan["primary"]
        if not primary:
            self.fence()
            primary = self.new_primary = self.promote()
        try:
            self.follow(
                primary, [name for name in self.plan["candidates"] or self._standbys(primary) if name != primary]
            )
        finally:
            self.lead_clients_that_are_left(primary)
        for name in self.plan["old"]:
            self.notes.append(f"{name} stays stopped: the rejoin playbook makes it a standby of {primary}")
        took = self.elapsed() if self.first_write(primary) else None
        self.let_readers_move()
        return took

    def fence(self):
        for name in self.plan["old"]:
            if name in self.servers:
                self.servers[name].kill(self.params["stop_timeout"])
        self.done("fence")

    def promote(self):
        """Promotes the best candidate as the candidates answer now, after nothing can reach them any more. Returns its name."""
        answers, gone = {}, []
        for name in self.plan["candidates"]:
            try:
                answers[name] = self.servers[name].survey()
            except StepFailed as problem:
                gone.append(str(problem))
        if gone and not self.params["accept_data_loss"]:
            raise StepFailed(f"{'; '.join(gone)}. It answered before, so nothing was promoted; run the playbook again")
        best = max(answers, key=lambda name: plan.position(answers[name]))
        server = self.servers[best]
        server.create_slots(self.slots_of_others(best))
        self.done(f"slots on {best}")
        self.changed = True
        server.promote(self.params["promote_timeout"])
        self.done(f"{best} promoted")
        return best

    def _standbys(self, primary):
        return [
            name
            for name, answer in self.params["answers"].items()
            if name != primary and name in self.servers and answer["state"] == "running" and answer["role"] == "standby"
        ]

    @staticmethod
    def _location(answer):
        return f"timeline {answer['timeline']}, received {answer['receive_lsn']}, replayed {answer['replay_lsn']}"
