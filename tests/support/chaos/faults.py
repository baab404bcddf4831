# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be broken in a round of chaos, and how it comes back: by itself, or because the operator sees to it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable

from support.chaos.members import (
    ADDRESSES,
    MEMBERS,
    await_healthy,
    data_of,
    engine,
    inside,
    lets_in,
    machine_of,
    other_machine,
    runs,
    sql,
    unit_of,
)
from support.helpers.lab import wait_for

SMALL_DISK = "/srv/chaos"


class Faults:
    """What is broken now.

    :arg patience: seconds for a machine to shut down before it is restarted.
    :arg note: is told each event.
    :arg started: is called with the name of a machine that was started again.
    """

    def __init__(self, patience: int, note: Callable[[str], None], started: Callable[[str], None]) -> None:
        self.patience, self.note, self.started = patience, note, started
        # Machines that are cut off or without power, those of them that the operator saw to, and standbys that were stopped.
        self.lost: set[str] = set()
        self.off_for_good: set[str] = set()
        self.away: set[str] = set()
        self.small_disk = ""
        self.restarting: list[threading.Thread] = []
        self.timers: list[threading.Timer] = []
        # Machines are started and cut by the operator and by timers.
        self.changing = threading.RLock()

    def cause(self, kind: str, primary: str) -> None:
        """A fault of the primary, by the name that it has in a plan."""
        self.note(f"fault: {kind}")
        machine = machine_of(primary)
        causes: dict[str, Callable[[], None]] = {
            "sigkill": lambda: self._signal("KILL", primary),
            "sigstop": lambda: self._signal("STOP", primary),
            "ssh cut": lambda: self._cut(machine, ssh=True, replication=False),
            "replication cut": lambda: self._cut(machine, ssh=False, replication=True),
            "both cut": lambda: self._cut(machine, ssh=True, replication=True),
            "restart": lambda: self._restart(machine),
            "standbys restarted": lambda: self._restart(other_machine(machine)),
            "all restarted": lambda: self._restart(*ADDRESSES),
            "power cut": lambda: self.power_off(machine),
            "full WAL disk": self._fill_small_disk,
        }
        causes[kind]()

    def stop_standby(self, name: str) -> None:
        inside(machine_of(name), f"systemctl stop {unit_of(name)}")
        self.away.add(name)
        self.note(f"{name} is stopped")

    @staticmethod
    def _signal(number: str, name: str) -> None:
        """To the postmaster and all that it began. It is stopped first, so that it begins nothing more."""
        inside(
            machine_of(name),
            f"postmaster=$(head -n 1 {data_of(name)}/postmaster.pid); kill -STOP $postmaster; "
            f"kill -{number} $(pgrep -P $postmaster) $postmaster",
        )

    def _cut(self, machine: str, ssh: bool, replication: bool) -> None:
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

    def _mend(self, machine: str) -> None:
        inside(machine, "iptables -w -F CHAOS 2>/dev/null", check=False)
        self.lost.discard(machine)

    def _restart(self, *machines: str) -> None:
        """In the background: the operator does not wait for it."""

        def one(machine: str) -> None:
            engine("restart", f"--time={self.patience}", f"plannerate-lab-{machine}")
            self._is_up(machine)

        for machine in machines:
            thread = threading.Thread(target=one, args=(machine,), daemon=True)
            self.restarting.append(thread)
            thread.start()

    def power_off(self, machine: str) -> None:
        with self.changing:
            engine("kill", f"plannerate-lab-{machine}")
            self.lost.add(machine)
        self.note(f"{machine} is off")

    def _power_on(self, machine: str) -> None:
        with self.changing:
            if not runs(machine):
                engine("start", f"plannerate-lab-{machine}")
                self._is_up(machine)

    def _is_up(self, machine: str) -> None:
        self.lost.discard(machine)
        self.started(machine)
        self.note(f"{machine} is started")

    def _await_restarts(self) -> None:
        for thread in self.restarting:
            thread.join()

    def make_sure_that_it_is_off(self, machine: str) -> None:
        """As the operator does before giving up what is on it."""
        self._await_restarts()
        with self.changing:
            self.off_for_good.add(machine)
            if runs(machine):
                self.power_off(machine)

    def heal_in(self, seconds: float) -> None:
        """Cut networks and failed machines come back by themselves; those that the operator powered off do not."""
        timer = threading.Timer(seconds, self._heal_by_itself)
        self.timers.append(timer)
        timer.start()

    def _heal_by_itself(self) -> None:
        self.note("heals by itself")
        for machine in ADDRESSES:
            with self.changing:
                if machine in self.off_for_good:
                    continue
                if machine in self.lost:
                    self._power_on(machine)
                self._mend(machine)

    def bring_back(self) -> None:
        """The operator sees to it that every machine can be reached and every standby that was stopped runs."""
        self._await_restarts()
        for machine in ADDRESSES:
            self._power_on(machine)
            self.off_for_good.discard(machine)
            self._mend(machine)
        for machine in ADDRESSES:
            wait_for(functools.partial(lets_in, machine), 60, f"SSH on {machine}")
        for name in sorted(self.away):
            inside(machine_of(name), f"systemctl start {unit_of(name)}")
            self.note(f"{name} is started")
        self.away.clear()

    def end(self) -> None:
        """Nothing heals by itself any more."""
        for timer in self.timers:
            timer.cancel()
            if timer.is_alive():
                timer.join()

    # The primary's WAL on a small filesystem of its own

    def make_small_disk(self, name: str) -> None:
        """In memory: the machines share their host's disk."""
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

    def _fill_small_disk(self) -> None:
        """Fills it, and writes until the server ends."""
        name = self.small_disk
        inside(machine_of(name), f"head -c 4G /dev/zero >{SMALL_DISK}/full 2>/dev/null || true")
        written = "SELECT pg_logical_emit_message(false, 'chaos', repeat('x', 20000000))"
        wait_for(lambda: not sql(name, written, check=False), 60, f"the end of {name}, whose disk is full")

    def make_room(self) -> None:
        if self.small_disk:
            script = f"rm -f {SMALL_DISK}/full && mount -o remount,size=2g {SMALL_DISK}"
            inside(machine_of(self.small_disk), script)

    def remove_small_disk(self) -> None:
        """The WAL is where it was before. The member, a standby by now, is stopped for that."""
        if not self.small_disk:
            return
        name, self.small_disk = self.small_disk, ""
        data = data_of(name)
        inside(
            machine_of(name),
            f"set -e; if [ -L {data}/pg_wal ]; then systemctl stop {unit_of(name)}; rm {data}/pg_wal; "
            f"cp -a {SMALL_DISK}/wal {data}/pg_wal; systemctl start {unit_of(name)}; fi; umount {SMALL_DISK}",
        )

    def clear(self) -> None:
        """After a round that failed: whatever is still broken is mended."""
        self.bring_back()
        for name in MEMBERS:
            inside(machine_of(name), f"pkill -CONT -f '^/usr/lib/postgresql/.*{name.replace('-', '_')}'", check=False)
            if inside(machine_of(name), f"readlink {data_of(name)}/pg_wal", check=False):
                self.small_disk = name
        self.make_room()
        self.remove_small_disk()
