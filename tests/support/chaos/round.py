# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A round of chaos: a fault of the primary, an operator who follows the runbooks, and what has to hold afterwards."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from support.chaos import commits
from support.chaos.checks import POOLERS_MACHINE, check_pooler, check_status
from support.chaos.faults import Faults
from support.chaos.members import (
    ADDRESSES,
    LONE,
    MEMBERS,
    await_healthy,
    cluster_of,
    inside,
    machine_of,
    roles,
    sql,
    unhealthy,
    unit_of,
    version,
    writable,
)
from support.chaos.operator import REPORTS, Done, Operator
from support.chaos.plan import Plan
from support.helpers.lab import changed, wait_for

# Words of the playbooks that ask the operator for something, and that tell of a fault in the code.
ASKS_FOR_DEAD = "-e failover_dead="
ASKS_FOR_LOSS = "-e failover_accept_data_loss=true"
# Why a member is cloned again.
COPIES = ("pg_rewind cannot be used", "does not follow with the data that it has")
BROKEN = ("Traceback (most recent call last)", "MODULE FAILURE", "Unexpected failure", "KeyError")


@dataclass
class Result:
    """What came of a round. ``said``: what was at risk, where the loss word was given. ``odd``: refusals that no runbook names."""

    test: str
    seed: int
    version: int
    kind: str
    primary: str
    became: str = ""
    acknowledged: int = 0
    lost: int = 0
    double: int = 0
    word: bool = False
    said: str = ""
    killed: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    failovers: int = 0
    converged: bool = False
    seconds: float = 0.0
    failed: str = ""


class Round:
    """One round, by its plan. :meth:`run` raises AssertionError where something does not hold.

    :arg test: whose round it is, where several have the same seeds.
    """

    def __init__(self, plan: Plan, pooler: bool = False, test: str = "chaos") -> None:
        self.plan, self.pooler = plan, pooler
        self.began = time.monotonic()
        self.directory = REPORTS / f"{test}-{version()}-{plan.seed}"
        self.operator = Operator(self.directory, ["production", *(["pooler"] if pooler else [])])
        self.result = Result(test, plan.seed, version(), plan.kind, plan.primary)
        self.faults = Faults(plan.patience, self.note, self._machine_started)
        self.events: list[str] = []
        self.pooler_missed = False

    def run(self) -> Result:
        try:
            self.begin()
            self.break_it()
            self.fail_over()
            self.repair()
            self.check()
        except BaseException as problem:
            self.result.failed = str(problem)[:2000] or repr(problem)
            self.note(f"FAILED: {self.result.failed}")
            self.keep_logs()
            raise
        finally:
            self.faults.end()
            self.result.seconds = round(time.monotonic() - self.began, 1)
            self.operator.close()
            (self.directory / "events").write_text(self.report() + "\n")
            with (REPORTS / "chaos.jsonl").open("a") as results:
                results.write(json.dumps(asdict(self.result)) + "\n")
        return self.result

    def note(self, event: str) -> None:
        self.events.append(f"{time.strftime('%H:%M:%S')} {time.monotonic() - self.began:6.1f} s  {event}")

    def report(self) -> str:
        """What was planned and what was done, for somebody who looks for the reason of a failure."""
        return "\n".join([str(self.plan), *self.events, str(self.result), f"logs: {self.directory}"])

    def _machine_started(self, machine: str) -> None:
        commits.start_writers(self.plan, machine)
        self.operator.forget_connections()

    # Before

    def begin(self) -> None:
        """Starts from a healthy cluster, whoever is its primary, with the planned one as the primary and writers on every member."""
        problem = unhealthy()
        if problem:
            self.note(f"found no healthy cluster: {problem}")
            self.recover()
        primary = await_healthy()
        if primary != self.plan.primary:
            done = self.playbook("switchover", {"switchover_target": self.plan.primary})
            assert done.code == 0, f"switchover to {self.plan.primary}: {done.output[-3000:]}"
            assert await_healthy() == self.plan.primary
        if self.plan.kind == "full WAL disk":
            self.faults.make_small_disk(self.plan.primary)
        commits.start_anew(self.plan)

    def recover(self) -> None:
        """After a round that failed: back to a healthy cluster by whatever means, so that the next seed says something too."""
        self.faults.clear()
        if not writable():
            self.playbook("failover", {"failover_accept_data_loss": True})
        self._stop_all_but_the_newest()
        self.playbook("rejoin")

    def break_it(self) -> None:
        plan = self.plan
        time.sleep(plan.warm)
        if plan.away:
            self.faults.stop_standby(plan.away)
            time.sleep(plan.away_before)
        begun = time.monotonic()
        for after, fault in plan.faults:
            time.sleep(max(0.0, begun + after - time.monotonic()))
            self.faults.cause(fault, plan.primary)
        self.operator.forget_connections()
        time.sleep(max(0.0, begun + plan.reaction - time.monotonic()))
        if plan.heals is not None:
            self.faults.heal_in(plan.heals)

    # The operator

    def playbook(
        self, name: str, variables: Mapping[str, object] | None = None, kill: tuple[str, float] | None = None
    ) -> Done:
        self.note(f"{name} {dict(variables or {}) or ''}")
        done = self.operator.run(name, variables, kill)
        if done.code is None:
            self.result.killed.append(name)
        self.note(f"{name} {'was killed' if done.code is None else f'ended with {done.code}'}")
        broken = [each for each in BROKEN if each in done.output]
        assert not broken or done.code is None, f"{name} fell over its own feet ({broken}):\n{done.output[-4000:]}"
        return done

    def fail_over(self) -> None:
        """Runs the playbook until it did its work or says that there is none, and gives it the words that it asks for."""
        words: dict[str, object] = {}
        kill = self.plan.kill_failover
        for _attempt in range(12):
            self.result.failovers += 1
            done = self.playbook("failover", words, None if kill is None else (r"TASK \[.*Change the primary", kill))
            if done.code is None:
                kill = None
                continue
            self.pooler_missed |= f"PgBouncer on {POOLERS_MACHINE} cannot be reached" in done.said
            if done.code == 0:
                return
            if "takes writes" in done.said or "members take writes" in done.said:
                self.note("no failover is needed")
                return
            self.answer(done.said, words)
        raise AssertionError("the failover was refused again and again")

    def answer(self, said: str, words: dict[str, object]) -> None:
        """What the operator does about a refusal: a word, or what the runbook says otherwise."""
        machine, alone = machine_of(self.plan.primary), self.plan.primary == LONE
        if ASKS_FOR_LOSS in said:
            # A machine that is only restarting is waited for.
            if self.plan.gives_up and (self.faults.lost or self.faults.away):
                for each in sorted(self.faults.lost):
                    self.faults.make_sure_that_it_is_off(each)
                words["failover_accept_data_loss"] = True
                self.result.word = True
                self.result.said = _around(said, ASKS_FOR_LOSS)
                return
        elif ASKS_FOR_DEAD in said and "failover_dead" not in words:
            if alone and self.plan.trusts:
                words["failover_dead"] = self.plan.primary
                return
            if alone or self.plan.gives_up:
                self.faults.make_sure_that_it_is_off(machine)
                words["failover_dead"] = self.plan.primary
                return
        elif "no standby is running" not in said:
            self.result.odd.append(_around(said, "fatal:", 600))
            self.note(f"unexpected: {self.result.odd[-1]}")
        self.faults.bring_back()
        self.operator.forget_connections()
        time.sleep(1)
        words.clear()

    def repair(self) -> None:
        """Everything is back, and the members that do not follow are made standbys again."""
        self.faults.bring_back()
        self.faults.end()
        self.faults.make_room()
        self.operator.forget_connections()
        with contextlib.suppress(AssertionError):
            wait_for(writable, 20, "a member that takes writes", every=1)
        if not writable():
            self.note(f"nobody takes writes: {roles()}")
            self.fail_over()
        self.rejoin()
        self.faults.remove_small_disk()
        if self.pooler and self.pooler_missed:
            done = self.playbook("pgbouncer")
            assert done.code == 0, f"pgbouncer: {done.output[-3000:]}"

    def rejoin(self) -> None:
        kill = self.plan.kill_rejoin
        for _attempt in range(5):
            done = self.playbook(
                "rejoin",
                None,
                (r"TASK \[.*(Stop the member|Configure the standby)", kill) if kill is not None else None,
            )
            kill = None
            reasons = [words for words in COPIES if words in done.said]
            self.result.copied += [_around(done.said, words, 300) for words in reasons[:1]]
            if done.code == 0:
                return
            if done.code is None:
                continue
            if "members take writes" in done.said and len(writable()) > 1:
                self._stop_all_but_the_newest()
                continue
            raise AssertionError(f"rejoin ended with {done.code}:\n{done.output[-4000:]}")
        raise AssertionError("rejoin was refused again and again")

    def _stop_all_but_the_newest(self) -> None:
        for name in writable()[1:]:
            inside(machine_of(name), f"systemctl stop {unit_of(name)}")
            self.note(f"{name} is stopped: it is on an older timeline")

    # Afterwards

    def check(self) -> None:
        """What has to hold after each round."""
        primary = self.result.became = await_healthy()
        now = time.time()
        wait_for(
            lambda: any(commit.begun > now for commit in commits.acknowledged(primary)),
            20,
            f"a new acknowledged commit of {primary}",
        )
        commits.stop_writers()
        self.judge(commits.acknowledged(), {*sql(primary, "SELECT name FROM chaos").split()})
        check_status(primary)
        if self.pooler:
            check_pooler(primary)
        if self.plan.seed % 5 == 0:
            self.check_converge()
        for machine in ADDRESSES:
            inside(machine, "rm -rf /var/lib/postgresql/*/*.replaced-* /var/lib/postgresql/*/*.diverged-*")

    def judge(self, all_of_them: list[commits.Commit], there: set[str]) -> None:
        """Nothing that was acknowledged is lost, unless the operator gave the word, and no two members acknowledged at once."""
        lost = [commit for commit in all_of_them if commit.name not in there]
        double = commits.two_at_once(all_of_them)
        self.result.acknowledged, self.result.lost, self.result.double = len(all_of_them), len(lost), len(double)
        self.note(f"{len(all_of_them)} acknowledged, {len(lost)} lost, {len(double)} while another member had begun to")
        turns = [f"{member} {begun:.3f} to {ended:.3f}" for member, begun, ended in commits.turns_of(all_of_them)]
        self.note("acknowledged by " + ", ".join(turns))
        assert not double, f"two members acknowledged: {turns}, such as {double[:3]}"
        assert not lost or self.result.word, (
            f"{len(lost)} of {len(all_of_them)} acknowledged commits are lost, such as {lost[:3]}"
        )

    def check_converge(self) -> None:
        done = self.playbook("postgres")
        assert done.code == 0, f"postgres: {done.output[-3000:]}"
        assert changed(done.output) == 0, f"a converge changed something:\n{done.output[-4000:]}"
        self.result.converged = True

    def keep_logs(self) -> None:
        """What the servers and their start guards said."""
        for name in MEMBERS:
            with contextlib.suppress(Exception):
                machine, unit = machine_of(name), unit_of(name)
                log = f"/var/log/postgresql/postgresql-{version()}-{cluster_of(name)}.log"
                script = f"tail -n 400 {log} | grep -v read-only; journalctl --unit={unit} --lines=80 --no-pager"
                (self.directory / f"{name}.log").write_text(inside(machine, script, check=False))


def _around(said: str, words: str, length: int = 400) -> str:
    """The part of an output around some words."""
    at = max(said.find(words), 0)
    return said[max(0, at - length) : at + length]
