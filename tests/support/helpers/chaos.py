# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds of chaos on two machines: a fault of the primary, an operator who follows the runbooks, and what has to hold afterwards.

A seed says what happens and when, and what the operator is like. The machines are those of the scenario postgres_replica, reached through
the engine, so that a fault of the network hides nothing from the test; only the playbooks come over SSH.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from support.helpers.checkout import ROOT
from support.helpers.lab import changed, wait_for

INVENTORIES = ROOT / "molecule" / "postgres_replica" / "inventory"
REPORTS = ROOT / ".cache" / "test"
WRITER = ROOT / "tests" / "support" / "programs" / "chaos_writer.py"
# On each machine. Not /tmp, which a restart empties.
LEDGERS = "/var/tmp/chaos"
SMALL_DISK = "/srv/chaos"


class Place(NamedTuple):
    machine: str
    port: int


MEMBERS = {
    "pg-main": Place("db17", 5432),
    "pg-replica1": Place("db17", 5433),
    "pg-replica2": Place("db17b", 5432),
}
ADDRESSES = {"db17": "198.18.0.22", "db17b": "198.18.0.23"}
# The only member of its machine. Where that machine is cut off, every standby can be asked.
LONE = "pg-replica2"
POOLERS_MACHINE, POOLERS_PORT = "db17b", 6432

# One after the other, so that any dozen of seeds has all of them. Twice what is most likely, or most dangerous.
KINDS = (
    "sigkill",
    "ssh cut",
    "restart",
    "sigkill",
    "sigstop",
    "both cut",
    "power cut",
    "replication cut",
    "standbys restarted",
    "full WAL disk",
    "ssh cut",
    "all restarted",
)
# An operator who waits no longer than needed for a machine that does not answer. By default it is 20 s for each attempt, and 60 s
# for a connection that was open.
QUICK = {
    "ANSIBLE_TIMEOUT": "4",
    "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=10s -o ServerAliveInterval=2 -o ServerAliveCountMax=3",
}
# Words of the playbooks that ask the operator for something, and that tell of a fault in the code.
ASKS_FOR_DEAD = "-e failover_dead="
ASKS_FOR_LOSS = "-e failover_accept_data_loss=true"
BROKEN = ("Traceback (most recent call last)", "MODULE FAILURE", "Unexpected failure", "KeyError")
PLAYBOOK_SECONDS = 300
HEALTHY_SECONDS = 90


@dataclass(frozen=True)
class Plan:
    """What happens in a round.

    ``faults``: each with the seconds after the first one. ``load``: how many more clients commit without pause, and ``dirty`` how many
    rows each of their commits changes. ``warm``: seconds until the first fault. ``away``: a standby that is stopped as many seconds
    before it as ``away_before`` says. ``reaction``: seconds from the first fault until the operator acts, ``heals``: from then until
    what was cut or off comes back by itself, None where the operator has to see to it. ``trusts``: the operator takes a lone member
    whose machine does not answer for dead, though it is alive. ``gives_up``: what cannot be asked is given up with the loss word, after
    its machine was powered off; otherwise it is brought back. ``kill_failover``, ``kill_rejoin``: seconds into what a playbook changes,
    after which it is killed and run again. ``patience``: seconds for a machine to shut down before it is restarted.
    """

    seed: int
    primary: str
    kind: str
    faults: tuple[tuple[float, str], ...]
    load: int = 0
    dirty: int = 0
    warm: float = 2.0
    away: str | None = None
    away_before: float = 0.0
    reaction: float = 1.0
    heals: float | None = None
    trusts: bool = False
    gives_up: bool = False
    kill_failover: float | None = None
    kill_rejoin: float | None = None
    patience: int = 10


def plan_of(seed: int) -> Plan:
    """The plan of a seed, the same each time."""
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    cut = kind in ("ssh cut", "both cut", "power cut")
    primary = LONE if cut and chance.random() < 0.7 else chance.choice([*MEMBERS])
    second = round(chance.uniform(0.3, 5.0), 1)
    faults: tuple[tuple[float, str], ...] = ((0.0, kind),)
    if kind == "standbys restarted" or (kind == "replication cut" and chance.random() < 0.7):
        faults += ((second, "sigkill"),)
    load = chance.choice([0, 4, 4])
    away = chance.choice([name for name in MEMBERS if name != primary])
    return Plan(
        seed=seed,
        primary=primary,
        kind=kind,
        faults=faults,
        load=load,
        dirty=chance.choice([0, 20]) if load else 0,
        warm=round(chance.uniform(1.5, 3.5), 1),
        away=away if chance.random() < 0.25 and kind != "all restarted" else None,
        away_before=round(chance.uniform(0.2, 1.5), 1),
        reaction=round(chance.uniform(0.2, 4.0), 1),
        # A machine that does not answer is waited for three times before anybody is promoted.
        heals=round(chance.uniform(0.2, 30.0 if cut else 8.0), 1) if chance.random() < 0.4 else None,
        trusts=chance.random() < 0.7,
        gives_up=chance.random() < 0.5,
        kill_failover=round(chance.uniform(0.0, 2.0), 2) if chance.random() < 0.3 else None,
        kill_rejoin=round(chance.uniform(0.0, 3.0), 2) if chance.random() < 0.25 else None,
        patience=chance.choice([0, 10]),
    )


class Commit(NamedTuple):
    """A commit that was acknowledged: by whom, and when by the clock that all machines share."""

    member: str
    name: str
    begun: float
    acknowledged: float


@dataclass
class Done:
    """A playbook that ran. ``code`` is None where it was killed."""

    code: int | None
    output: str

    @property
    def said(self) -> str:
        return " ".join(self.output.split())


@dataclass
class Result:
    """What came of a round. ``said``: what was at risk, where the loss word was given. ``odd``: refusals that no runbook names."""

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


# The machines


def inside(
    machine: str, script: str, user: str = "root", check: bool = True, timeout: float = 60, text: str | None = None
) -> str:
    """The output of a shell script on a machine, whatever its network is like."""
    done = subprocess.run(
        ["docker", "exec", "--interactive", f"--user={user}", f"plannerate-lab-{machine}", "sh", "-c", script],
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert not check or done.returncode == 0, f"on {machine}: {script}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def engine(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=True)


def runs(machine: str) -> bool:
    command = ["docker", "container", "inspect", "--format", "{{.State.Running}}", f"plannerate-lab-{machine}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip() == "true"


def lets_in(machine: str) -> bool:
    """Whether a machine lets the operator in over SSH."""
    lab = ROOT / ".cache" / "lab"
    known = ["-o", f"UserKnownHostsFile={lab / 'known_hosts'}", "-o", "StrictHostKeyChecking=yes"]
    command = [
        "ssh",
        "-F",
        "none",
        "-i",
        str(lab / "id_ed25519"),
        *known,
        "-o",
        "ConnectTimeout=2",
        "-o",
        "BatchMode=yes",
    ]
    done = subprocess.run(
        [*command, f"ops@{ADDRESSES[machine]}", "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode == 0


def machine_of(name: str) -> str:
    return MEMBERS[name].machine


def other_machine(machine: str) -> str:
    return next(name for name in ADDRESSES if name != machine)


def cluster_of(name: str) -> str:
    return name.replace("-", "_")


@functools.cache
def version() -> int:
    return int(inside("db17", "ls /etc/postgresql"))


def unit_of(name: str) -> str:
    return f"postgresql@{version()}-{cluster_of(name)}"


def data_of(name: str) -> str:
    return f"/var/lib/postgresql/{version()}/{cluster_of(name)}"


def sql(name: str, statement: str, check: bool = True) -> str:
    """The administrator's SQL on a member; its commits wait for nobody. Empty where the member does not answer and need not."""
    return inside(
        machine_of(name),
        'PGOPTIONS="-c synchronous_commit=local" PGCONNECT_TIMEOUT=3 timeout 20 '
        f'psql -XAtq --set=ON_ERROR_STOP=1 --port={MEMBERS[name].port} --dbname=postgres --command="$(cat)"',
        user="postgres",
        check=check,
        text=statement,
    )


ROLE = """SELECT CASE WHEN pg_is_in_recovery() THEN 's' ELSE 'p' END || ' ' || CASE WHEN pg_is_in_recovery()
  THEN (SELECT coalesce(max(received_tli), 0) FROM pg_stat_wal_receiver WHERE status = 'streaming')
  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END"""


def roles() -> dict[str, tuple[str, int]]:
    """Of each member that answers: p or s, and its timeline; 0 of a standby that receives nothing."""
    found = {}
    for name in MEMBERS:
        said = sql(name, ROLE, check=False) if runs(machine_of(name)) else ""
        if match := re.fullmatch(r"([ps]) (\d+)", said):
            found[name] = (match[1], int(match[2]))
    return found


def writable() -> list[str]:
    """Names of the members that take writes, the one on the newest timeline first."""
    found = {name: timeline for name, (role, timeline) in roles().items() if role == "p"}
    return sorted(found, key=lambda name: -found[name])


def unhealthy() -> str:
    """Why not every member streams on the timeline of the only primary; empty where they do."""
    found = roles()
    primaries = [name for name, (role, _timeline) in found.items() if role == "p"]
    if len(primaries) != 1 or len(found) != len(MEMBERS):
        return f"members are {found}"
    if len({timeline for _role, timeline in found.values()}) != 1:
        return f"timelines differ: {found}"
    streaming = sql(primaries[0], "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'").split()
    missing = {*MEMBERS} - {*streaming, primaries[0]}
    return f"{', '.join(sorted(missing))} not streaming from {primaries[0]}" if missing else ""


def await_healthy(seconds: float = HEALTHY_SECONDS) -> str:
    """The name of the primary, once all others stream from it."""
    wait_for(lambda: not unhealthy(), seconds, "two standbys streaming", lambda: unhealthy())
    return writable()[0]


def go_home() -> None:
    """Ends with pg-main as the primary, where other tests expect it."""
    if await_healthy() == "pg-main":
        return
    operator = Operator(REPORTS / "chaos-home", ["production"])
    done = operator.run("switchover", {"switchover_target": "pg-main"})
    operator.close()
    assert done.code == 0, done.output
    assert await_healthy() == "pg-main"


# The playbooks


def descendants(number: int) -> list[int]:
    """Processes that a process has begun, and those that these have begun. Ansible's workers are in groups of their own."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[1-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found, open_ones = [], [number]
    while open_ones:
        children = parents.get(open_ones.pop(), [])
        found += children
        open_ones += children
    return found


def end_at_once(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for a process and everything that it began."""
    for number in (process.pid, *descendants(process.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait(timeout=10)


class Operator:
    """Somebody who runs playbooks, and keeps what they say in a directory of the round.

    :arg inventories: those of the scenario that are used.
    """

    def __init__(self, directory: Path, inventories: Sequence[str]) -> None:
        self.directory, self.inventories = directory, inventories
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        self.numbers = itertools.count(1)
        # Short: the path of a socket has at most 107 characters.
        self.sockets = Path(tempfile.mkdtemp(prefix="chaos-"))
        self.epoch = 0

    def close(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)

    def forget_connections(self) -> None:
        """Somebody who begins a minute later has no connection that is still open."""
        self.epoch += 1

    def run(
        self,
        name: str,
        variables: Mapping[str, object] | None = None,
        kill: tuple[str, float] | None = None,
        options: Sequence[str] = (),
    ) -> Done:
        """Runs a playbook.

        :arg kill: it is killed so many seconds after its output had such a text.
        """
        log = self.directory / f"{next(self.numbers):02}-{name}.log"
        command = ["ansible-playbook", *(f"--inventory={INVENTORIES / each}" for each in self.inventories)]
        command += [f"playbooks/{name}.yml", *options]
        if variables:
            command.append(f"--extra-vars={json.dumps(variables)}")
        env = {**os.environ, **QUICK, "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.sockets / str(self.epoch))}
        with log.open("wb") as output:
            output.write(f"{command}\n".encode())
            output.flush()
            process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            try:
                killed = self._await(process, log, kill)
            finally:
                if process.poll() is None:
                    end_at_once(process)
        return Done(None if killed else process.returncode, log.read_text(errors="replace"))

    @staticmethod
    def _await(process: subprocess.Popen[bytes], log: Path, kill: tuple[str, float] | None) -> bool:
        deadline, kill_at = time.monotonic() + PLAYBOOK_SECONDS, None
        while process.poll() is None:
            now = time.monotonic()
            assert now < deadline, f"{log.stem} did not end within {PLAYBOOK_SECONDS} s"
            if kill and kill_at is None and re.search(kill[0], log.read_text(errors="replace")):
                kill_at = now + kill[1]
            if kill_at is not None and now >= kill_at:
                end_at_once(process)
                return True
            time.sleep(0.05)
        return False


class Round:
    """One round, by its plan. :meth:`run` raises AssertionError where something does not hold."""

    def __init__(self, plan: Plan, pooler: bool = False) -> None:
        self.plan, self.pooler = plan, pooler
        self.began = time.monotonic()
        self.directory = REPORTS / f"chaos-{version()}-{plan.seed}"
        self.operator = Operator(self.directory, ["production", *(["pooler"] if pooler else [])])
        self.result = Result(plan.seed, version(), plan.kind, plan.primary)
        self.events: list[str] = []
        # Machines that are cut off or without power, those of them that the operator saw to, and standbys that were stopped.
        self.lost: set[str] = set()
        self.off_for_good: set[str] = set()
        self.away: set[str] = set()
        self.small_disk = ""
        self.pooler_missed = False
        self.restarting: list[threading.Thread] = []
        self.timers: list[threading.Timer] = []
        # Machines are started and cut by the operator and by timers.
        self.changing = threading.RLock()

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
            for timer in self.timers:
                timer.cancel()
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
            self.make_small_disk()
        self.prepare_tables()
        for machine in ADDRESSES:
            inside(
                machine,
                f"pkill -f '^python3 {LEDGERS}'; rm -rf {LEDGERS} && install -d -o postgres -g postgres {LEDGERS}",
            )
            inside(machine, f"cat >{LEDGERS}/writer.py", text=WRITER.read_text())
            self.start_writers(machine)
        wait_for(lambda: self.ledger_lines(self.plan.primary) >= 5, 20, "the first acknowledged commits")

    def prepare_tables(self) -> None:
        statements = "CREATE TABLE IF NOT EXISTS chaos (name text); TRUNCATE chaos;"
        if self.plan.dirty:
            statements += (
                "CREATE TABLE IF NOT EXISTS chaos_pages (number int PRIMARY KEY, changed int, filler text) WITH (fillfactor = 50);"
                "INSERT INTO chaos_pages SELECT each, 0, repeat('x', 200) FROM generate_series(0, 199999) AS each "
                "WHERE NOT EXISTS (SELECT FROM chaos_pages)"
            )
        sql(self.plan.primary, statements)

    def start_writers(self, machine: str) -> None:
        """Begins again what a restart of the machine has ended."""
        for name, place in MEMBERS.items():
            if place.machine != machine:
                continue
            writers = [(f"{name}.steady", "--pause=0.1")]
            if self.plan.load:
                writers.append((f"{name}.load", f"--clients={self.plan.load} --pause=0.01 --dirty={self.plan.dirty}"))
            for file, options in writers:
                program = f"{LEDGERS}/writer.py {name} {place.port} {LEDGERS}/{file} {LEDGERS}/stop {options}"
                engine(
                    "exec",
                    "--detach",
                    "--user=postgres",
                    f"plannerate-lab-{machine}",
                    "sh",
                    "-c",
                    f"exec python3 {program}",
                )

    def ledger_lines(self, name: str) -> int:
        return int(inside(machine_of(name), f"cat {LEDGERS}/{name}.* 2>/dev/null | wc -l", check=False) or 0)

    # The faults

    def break_it(self) -> None:
        time.sleep(self.plan.warm)
        if self.plan.away:
            inside(machine_of(self.plan.away), f"systemctl stop {unit_of(self.plan.away)}")
            self.away.add(self.plan.away)
            self.note(f"{self.plan.away} is stopped")
            time.sleep(self.plan.away_before)
        begun = time.monotonic()
        for after, fault in self.plan.faults:
            time.sleep(max(0.0, begun + after - time.monotonic()))
            self.note(f"fault: {fault}")
            FAULTS[fault](self, self.plan.primary)
        self.operator.forget_connections()
        time.sleep(max(0.0, begun + self.plan.reaction - time.monotonic()))
        if self.plan.heals is not None:
            timer = threading.Timer(self.plan.heals, self.heal_by_itself)
            self.timers.append(timer)
            timer.start()

    def signal(self, number: str, name: str) -> None:
        """To the postmaster and all that it began. It is stopped first, so that it begins nothing more."""
        inside(
            machine_of(name),
            f"postmaster=$(head -n 1 {data_of(name)}/postmaster.pid); kill -STOP $postmaster; "
            f"kill -{number} $(pgrep -P $postmaster) $postmaster",
        )

    def cut(self, machine: str, ssh: bool, replication: bool) -> None:
        """Drops packets inside a machine: those of SSH from everywhere, or those of PostgreSQL to and from the other machine."""
        rules = []
        if ssh:
            self.lost.add(machine)
            rules += ["-p tcp --dport 22 -j DROP", "-p tcp --sport 22 -j DROP"]
        if replication:
            peer = ADDRESSES[other_machine(machine)]
            rules += [
                f"-p tcp {side} {peer} {port} 5432:5433 -j DROP"
                for side in ("-s", "-d")
                for port in ("--dport", "--sport")
            ]
        inside(
            machine,
            "iptables -w -N CHAOS 2>/dev/null && iptables -w -I INPUT -j CHAOS && iptables -w -I OUTPUT -j CHAOS; "
            + " && ".join(f"iptables -w -A CHAOS {rule}" for rule in rules),
        )

    def mend(self, machine: str) -> None:
        inside(machine, "iptables -w -F CHAOS 2>/dev/null", check=False)
        self.lost.discard(machine)

    def restart(self, *machines: str) -> None:
        """In the background: the operator does not wait for it."""

        def one(machine: str) -> None:
            engine("restart", f"--time={self.plan.patience}", f"plannerate-lab-{machine}")
            self.is_up(machine)

        for machine in machines:
            thread = threading.Thread(target=one, args=(machine,), daemon=True)
            self.restarting.append(thread)
            thread.start()

    def power_off(self, machine: str) -> None:
        with self.changing:
            engine("kill", f"plannerate-lab-{machine}")
            self.lost.add(machine)
        self.note(f"{machine} is off")

    def power_on(self, machine: str) -> None:
        with self.changing:
            if not runs(machine):
                engine("start", f"plannerate-lab-{machine}")
                self.is_up(machine)

    def is_up(self, machine: str) -> None:
        self.start_writers(machine)
        self.lost.discard(machine)
        self.operator.forget_connections()
        self.note(f"{machine} is started")

    def make_small_disk(self) -> None:
        """The primary's WAL on a small filesystem of its own. In memory: the machines share their host's disk."""
        name = self.plan.primary
        data = data_of(name)
        inside(
            machine_of(name),
            f"set -e; systemctl stop {unit_of(name)}; mkdir -p {SMALL_DISK}; "
            f"size=$(( $(du -sm {data}/pg_wal | cut -f1) + 64 )); mount -t tmpfs -o size=${{size}}m tmpfs {SMALL_DISK}; "
            f"install -d -o postgres -g postgres -m 0700 {SMALL_DISK}/wal; cp -a {data}/pg_wal/. {SMALL_DISK}/wal/; "
            f"rm -rf {data}/pg_wal; ln -s {SMALL_DISK}/wal {data}/pg_wal; chown -h postgres: {data}/pg_wal; "
            f"systemctl start {unit_of(name)}",
        )
        self.small_disk = name
        await_healthy()

    def fill_small_disk(self) -> None:
        """Fills it, and writes until the server ends."""
        name = self.plan.primary
        inside(machine_of(name), f"head -c 4G /dev/zero >{SMALL_DISK}/full 2>/dev/null || true")
        written = "SELECT pg_logical_emit_message(false, 'chaos', repeat('x', 20000000))"
        wait_for(lambda: not sql(name, written, check=False), 60, f"the end of {name}, whose disk is full")

    def remove_small_disk(self) -> None:
        """The WAL is where it was before. The member, a standby by now, is stopped for that."""
        name, self.small_disk = self.small_disk, ""
        data = data_of(name)
        inside(
            machine_of(name),
            f"set -e; if [ -L {data}/pg_wal ]; then systemctl stop {unit_of(name)}; rm {data}/pg_wal; "
            f"cp -a {SMALL_DISK}/wal {data}/pg_wal; systemctl start {unit_of(name)}; fi; umount {SMALL_DISK}",
        )

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
            if self.plan.gives_up and (self.lost or self.away):
                for each in sorted(self.lost):
                    self.make_sure_that_it_is_off(each)
                words["failover_accept_data_loss"] = True
                self.result.word = True
                self.result.said = _around(said, ASKS_FOR_LOSS)
                return
        elif ASKS_FOR_DEAD in said and "failover_dead" not in words:
            if alone and self.plan.trusts:
                words["failover_dead"] = self.plan.primary
                return
            if alone or self.plan.gives_up:
                self.make_sure_that_it_is_off(machine)
                words["failover_dead"] = self.plan.primary
                return
        elif "no standby is running" not in said:
            self.result.odd.append(_around(said, "fatal:", 600))
            self.note(f"unexpected: {self.result.odd[-1]}")
        self.bring_back()
        time.sleep(1)
        words.clear()

    def make_sure_that_it_is_off(self, machine: str) -> None:
        for thread in self.restarting:
            thread.join()
        with self.changing:
            self.off_for_good.add(machine)
            if runs(machine):
                self.power_off(machine)

    def heal_by_itself(self) -> None:
        """Cut networks and failed machines are back; those that the operator powered off are not."""
        self.note("heals by itself")
        for machine in ADDRESSES:
            with self.changing:
                if machine in self.off_for_good:
                    continue
                if machine in self.lost:
                    self.power_on(machine)
                self.mend(machine)

    def bring_back(self) -> None:
        """The operator sees to it that every machine can be reached and every standby that was stopped runs."""
        for thread in self.restarting:
            thread.join()
        for machine in ADDRESSES:
            self.power_on(machine)
            self.off_for_good.discard(machine)
            self.mend(machine)
        self.operator.forget_connections()
        for machine in ADDRESSES:
            wait_for(functools.partial(lets_in, machine), 60, f"SSH on {machine}")
        for name in sorted(self.away):
            inside(machine_of(name), f"systemctl start {unit_of(name)}")
            self.note(f"{name} is started")
        self.away.clear()

    def repair(self) -> None:
        """Everything is back, and the members that do not follow are made standbys again."""
        self.bring_back()
        for timer in self.timers:
            timer.cancel()
            timer.join()
        if self.small_disk:
            inside(machine_of(self.small_disk), f"rm -f {SMALL_DISK}/full && mount -o remount,size=2g {SMALL_DISK}")
        with contextlib.suppress(AssertionError):
            wait_for(writable, 20, "a member that takes writes", every=1)
        if not writable():
            self.note(f"nobody takes writes: {roles()}")
            self.fail_over()
        self.rejoin()
        if self.small_disk:
            self.remove_small_disk()
        if self.pooler and self.pooler_missed:
            done = self.playbook("pgbouncer")
            assert done.code == 0, f"pgbouncer: {done.output[-3000:]}"

    def rejoin(self) -> None:
        kill = self.plan.kill_rejoin
        for _attempt in range(5):
            done = self.playbook(
                "rejoin", None, (r"TASK \[.*(Stop the member|Configure the standby)", kill) if kill else None
            )
            kill = None
            if "pg_rewind cannot be used" in done.said or "does not follow with the data that it has" in done.said:
                self.result.copied.append(_around(done.said, "pg_rewind cannot be used", 300))
            if done.code == 0:
                return
            if done.code is None:
                continue
            found = writable()
            if "members take writes" in done.said and len(found) > 1:
                for name in found[1:]:
                    inside(machine_of(name), f"systemctl stop {unit_of(name)}")
                    self.note(f"{name} is stopped: it is on an older timeline than {found[0]}")
                continue
            raise AssertionError(f"rejoin ended with {done.code}:\n{done.output[-4000:]}")
        raise AssertionError("rejoin was refused again and again")

    def recover(self) -> None:
        """After a round that failed: back to a healthy cluster by whatever means, so that the next seed says something too."""
        self.bring_back()
        if inside("db17", f"mountpoint -q {SMALL_DISK} && echo yes", check=False):
            self.small_disk = next(
                name for name in MEMBERS if inside(machine_of(name), f"readlink {data_of(name)}/pg_wal", check=False)
            )
            self.remove_small_disk()
        for name in MEMBERS:
            inside(machine_of(name), f"pkill -CONT -f '^/usr/lib/postgresql/.*{cluster_of(name)}'", check=False)
        if not writable():
            self.playbook("failover", {"failover_accept_data_loss": True})
        for name in writable()[1:]:
            inside(machine_of(name), f"systemctl stop {unit_of(name)}")
        self.playbook("rejoin")

    # Afterwards

    def check(self) -> None:
        """What has to hold after each round."""
        primary = await_healthy()
        self.result.became = primary
        now = time.time()
        wait_for(
            lambda: any(commit.begun > now for commit in self.ledger(primary)),
            20,
            f"a new acknowledged commit of {primary}",
        )
        inside_all(f"touch {LEDGERS}/stop")
        commits = sorted(
            (commit for name in MEMBERS for commit in self.ledger(name)), key=lambda commit: commit.acknowledged
        )
        self.result.acknowledged = len(commits)
        there = set(sql(primary, "SELECT name FROM chaos").split())
        lost = [commit for commit in commits if commit.name not in there]
        double = two_at_once(commits)
        self.result.lost, self.result.double = len(lost), len(double)
        self.note(f"{len(commits)} acknowledged, {len(lost)} lost, {len(double)} while another member had begun to")
        turns = [f"{member} {begun:.3f} to {ended:.3f}" for member, begun, ended in turns_of(commits)]
        self.note("acknowledged by " + ", ".join(turns))
        assert not double, f"two members acknowledged: {turns}, such as {double[:3]}"
        assert not lost or self.result.word, (
            f"{len(lost)} of {len(commits)} acknowledged commits are lost, such as {lost[:3]}"
        )
        self.check_status(primary)
        if self.pooler:
            self.check_pooler(primary)
        if self.plan.seed % 5 == 0:
            self.check_converge()
        inside_all("rm -rf /var/lib/postgresql/*/*.replaced-* /var/lib/postgresql/*/*.diverged-*")

    def ledger(self, name: str) -> list[Commit]:
        found = []
        for line in inside(machine_of(name), f"cat {LEDGERS}/{name}.*").splitlines():
            each, begun, acknowledged = line.split()
            found.append(Commit(name, each, float(begun), float(acknowledged)))
        return found

    def check_status(self, primary: str) -> None:
        """As an operator sees it."""
        command = ["python", "scripts/report.py", "status", "--json", f"--inventory={INVENTORIES / 'production'}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = {row["member"]: row for row in json.loads(done.stdout)}
        assert rows[primary]["role"] == "primary", rows
        verdicts = {name: row["verdict"] for name, row in rows.items() if name != primary}
        assert {*verdicts.values()} == {"follows"}, f"the status says {verdicts}: {done.stdout}"
        assert len({row["timeline"] for row in rows.values()}) == 1, rows

    def check_pooler(self, primary: str) -> None:
        command = (
            f"psql -X --csv -h /var/run/postgresql -p {POOLERS_PORT} -U pgbouncer -d pgbouncer -c 'SHOW DATABASES'"
        )
        lines = inside(POOLERS_MACHINE, command, user="postgres").splitlines()
        heading = lines[0].split(",")
        pools = {row["name"]: row for row in (dict(zip(heading, line.split(","))) for line in lines[1:])}
        assert not [name for name, row in pools.items() if row["paused"] != "0"], f"PgBouncer is paused: {pools}"
        expected = (ADDRESSES[machine_of(primary)], str(MEMBERS[primary].port))
        assert (pools["sample"]["host"], pools["sample"]["port"]) == expected, f"PgBouncer leads elsewhere: {pools}"

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


def inside_all(script: str) -> None:
    for machine in ADDRESSES:
        inside(machine, script)


def turns_of(commits: Sequence[Commit]) -> list[tuple[str, float, float]]:
    """Who acknowledged from when to when: (member, first, last), in order."""
    return [
        (member, group[0].acknowledged, group[-1].acknowledged)
        for member, group in (
            (member, list(each)) for member, each in itertools.groupby(commits, key=lambda commit: commit.member)
        )
    ]


def two_at_once(commits: Sequence[Commit]) -> list[Commit]:
    """Commits that a member acknowledged after another one, which came after it, had begun to.

    :arg commits: in the order in which they were acknowledged.
    """
    seen: list[str] = []
    found = []
    for commit in commits:
        if commit.member not in seen:
            seen.append(commit.member)
        elif commit.member != seen[-1]:
            found.append(commit)
    return found


def _around(said: str, words: str, length: int = 400) -> str:
    """The part of an output around some words."""
    at = max(said.find(words), 0)
    return said[max(0, at - length) : at + length]


FAULTS: dict[str, Callable[[Round, str], None]] = {
    "sigkill": lambda each, primary: each.signal("KILL", primary),
    "sigstop": lambda each, primary: each.signal("STOP", primary),
    "ssh cut": lambda each, primary: each.cut(machine_of(primary), ssh=True, replication=False),
    "replication cut": lambda each, primary: each.cut(machine_of(primary), ssh=False, replication=True),
    "both cut": lambda each, primary: each.cut(machine_of(primary), ssh=True, replication=True),
    "restart": lambda each, primary: each.restart(machine_of(primary)),
    "standbys restarted": lambda each, primary: each.restart(other_machine(machine_of(primary))),
    "all restarted": lambda each, primary: each.restart(*ADDRESSES),
    "power cut": lambda each, primary: each.power_off(machine_of(primary)),
    "full WAL disk": lambda each, primary: each.fill_small_disk(),
}
