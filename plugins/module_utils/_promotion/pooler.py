# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One PgBouncer as a change of primary handles it, by its admin console and its environments' files."""

from __future__ import annotations

import shlex

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.console import records, sections
from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.pools import ADMIN_DATABASE
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import StepFailed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.server import AS_POSTGRES, SOCKETS

WATCHDOG = "pgbouncer-resume"


class Pooler:
    """A PgBouncer on a machine.

    :arg entry: dict with ``machine``, ``port``, ``directory`` (of its configuration) and ``stamp`` (a file that is touched
        when its configuration was loaded).
    :arg machine: a :class:`machine.Machine`.
    :arg addresses: (address, port) of every member; a pool that leads elsewhere, such as to the replicas, stays as it is. None is for
        all pools.
    """

    def __init__(self, entry, machine, addresses):
        self.entry, self.machine, self.name = entry, machine, entry["machine"]
        self.addresses = None if addresses is None else {(address, str(port)) for address, port in addresses}
        self.paused = []

    def is_configured(self):
        """Whether it has environments. One that the inventory names and no run has configured yet leads nobody anywhere."""
        return self.machine.run(f"test -d {shlex.quote(self.entry['directory'])}/environments").code != 1

    def survey(self):
        """Dict with ``pools`` (those that lead to a member: name, mode, target, paused, clients), ``pids`` of its connections."""
        show = "".join(
            f"echo '== {what}'; {self._console(f'SHOW {what}')}\n" for what in ("databases", "pools", "servers")
        )
        answers = sections(self.machine.check("asking PgBouncer", f"set -e\n{show}"))
        clients: dict[str, int] = {}
        for row in records(answers["pools"]):
            clients[row["database"]] = clients.get(row["database"], 0) + int(row["cl_active"]) + int(row["cl_waiting"])
        pools = [{**pool, "clients": clients.get(pool["name"], 0)} for pool in self._pools(answers["databases"])]
        pids = [int(row["remote_pid"]) for row in records(answers["servers"]) if row["remote_pid"].isdigit()]
        return {"pools": pools, "pids": pids}

    def _pools(self, lines):
        return [
            {
                "name": row["name"],
                "mode": row["pool_mode"],
                "target": (row["host"], row["port"]),
                "paused": row["paused"] == "1",
            }
            for row in records(lines)
            if (
                (row["host"], row["port"]) in self.addresses
                if self.addresses is not None
                else row["name"] != ADMIN_DATABASE
            )
        ]

    def arm(self, pools, seconds):
        """Sees to it that the pools are resumed after so many seconds, even if whoever paused them is gone."""
        resume = self._console(*(f'RESUME "{name}"' for name in pools), strict=False)
        self.machine.check(
            "preparing the watchdog of the pause",
            f"{self._disarm()}; systemd-run --quiet --collect --unit={WATCHDOG} --on-active={seconds:g} "
            f"--timer-property=AccuracySec=100ms /bin/sh -c {shlex.quote(resume)}",
        )

    def disarm(self):
        self.machine.run(self._disarm())

    def pause(self, pools, seconds):
        """Lets the transactions of the pools end, and their clients wait with the next one.

        :raises StepFailed: if one does not end in time.
        """
        self.paused = list(pools)
        try:
            self.machine.check("pausing PgBouncer", self._console(*(f'PAUSE "{name}"' for name in pools)), seconds)
        except StepFailed as problem:
            raise StepFailed(f"{problem} (a transaction that does not end keeps its pool from pausing)") from problem

    def resume(self):
        """Resumes the clients, where they were. The watchdog stays armed where that fails, and tries it once more."""
        self._resume("", self.paused)
        self.disarm()

    def lead_to(self, address, port, pools):
        """Points every pool that leads to a member to this one, in the files and in the running PgBouncer, and resumes the clients.

        :raises StepFailed: if a pool leads elsewhere, or is paused, afterwards.
        """
        # _ro pools lead to the replicas, whoever they are.
        edit = rf"/^[^ ]+_ro =/! s/^([^ ]+ = )host=[^ ]+ port=[0-9]+/\1host={address} port={port}/"
        files = f"{self.entry['directory']}/environments/*.ini"
        prepare = (
            f"sed --regexp-extended --in-place '{edit}' {files} && ({AS_POSTGRES} touch {self.entry['stamp']}) || exit"
        )
        for pool in self._resume(prepare, pools, "RELOAD"):
            if pool["target"] != (address, str(port)):
                raise StepFailed(
                    f"PgBouncer on {self.name} leads {pool['name']} to {':'.join(pool['target'])} after its reload, expected "
                    f"{address}:{port}; see journalctl -u pgbouncer"
                )

    def pool_names(self):
        """Names of all of its pools, wherever they lead."""
        return [row["name"] for row in self._databases() if row["name"] != ADMIN_DATABASE]

    def let_readers_move(self):
        """Ends the connections of the pools that lead to the replicas, each when its transaction has ended: one of them may lead
        to the member that is the primary now, and would stay there."""
        names = [name for name in self.pool_names() if name.endswith("_ro")]
        if names:
            self.machine.check("moving readers", self._console(*(f'RECONNECT "{name}"' for name in names)))

    def _databases(self):
        return records(self.machine.check("asking PgBouncer", self._console("SHOW DATABASES")).splitlines())

    def _resume(self, prepare, pools, *commands):
        """Says the commands and RESUME; a pool that was not paused answers with an error, which is none. The pools afterwards."""
        resume = [f'RESUME "{name}"' for name in pools]
        shown = self.machine.check(
            "resuming PgBouncer", f"{prepare}\n{self._console(*commands, *resume, 'SHOW DATABASES', strict=False)}"
        )
        afterwards = self._pools(shown.splitlines())
        still = [pool["name"] for pool in afterwards if pool["paused"]]
        if still:
            raise StepFailed(
                f"PgBouncer on {self.name} is still paused for {', '.join(still)}. Say on its console: "
                + " ".join(f'RESUME "{name}";' for name in still)
            )
        self.paused = []
        return afterwards

    def _console(self, *commands, strict=True):
        said = " ".join(f"--command={shlex.quote(command)}" for command in commands)
        return (
            f"({AS_POSTGRES} psql -Xq --csv {'--set=ON_ERROR_STOP=1' if strict else ''} --host={SOCKETS} "
            f"--port={self.entry['port']} --username=pgbouncer --dbname=pgbouncer {said})"
        )

    @staticmethod
    def _disarm():
        return f"systemctl stop {WATCHDOG}.timer {WATCHDOG}.service 2>/dev/null"
