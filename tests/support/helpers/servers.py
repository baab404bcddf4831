# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real PostgreSQL servers in a temporary directory, laid out as the role lays them out, and changes of primary among them.

Each member is on a machine of its own as far as the collection can tell: a name, an address of the loopback network, and shell scripts
that run with a stand-in for systemctl. The way to a machine can be cut while its servers go on.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast

import psycopg2
from support.helpers.checkout import ROOT
from support.helpers.servers_base import ROOT_USER, Base, own, owned, processes_below, wait_for
from support.helpers.servers_machines import MachineOfServers, discovered
from support.helpers.servers_making import make

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import Login, standby_files
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member, members_of
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Topology, decide
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.reader import MemberOption
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.options import argument_spec
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.run import carry_out

PROGRAMS = ROOT / "tests" / "support" / "programs"


class Died(BaseException):
    """Whoever changes the primary is gone, as after SIGKILL: none of its commands runs any more."""


class Servers:
    """Members of one cluster: the first of the layout is the primary, the others follow it. Nothing runs before :meth:`begin`.

    ``unreachable`` are machines that nobody can log in to, though their servers go on; on those that are ``stuck`` no service can be
    stopped or started in time. ``before`` is called with the machine and the script of each command of a change of primary.

    :arg layout: mapping of member name to machine name.
    :arg settings: what differs from the role's settings.
    """

    def __init__(
        self, base: Base, directory: Path, layout: Mapping[str, str], settings: Mapping[str, object] | None = None
    ) -> None:
        self.base, self.directory = base, directory
        self.primary, *self.standbys = layout
        machines = list(dict.fromkeys(layout.values()))
        addresses = {name: {"machine_address": f"127.0.1.{number}"} for number, name in enumerate(machines, 1)}
        variables = {
            name: {
                "postgres_machine": machine,
                "postgres_port": base.ports[number],
                "postgres_data_directory": str(directory / "data" / name),
            }
            for number, (name, machine) in enumerate(layout.items())
        }
        found = members_of(
            list(layout), {**addresses, **variables}, machines, {"version": base.version}, [self.primary]
        )
        self.members = {
            member["name"]: cast(Member, {**member, "config_directory": str(directory / "etc" / member["cluster"])})
            for member in found
        }
        self.login: Login = {
            "user": "replicator",
            "passfile": str(base.passfile),
            "ca_certificate": str(base.certificate),
        }
        self.standby_files = standby_files(list(self.members.values()), self.login)
        names = ", ".join(f'"{name}"' for name in self.members)
        self.settings = {"synchronous_standby_names": f"ANY 1 ({names})", **(settings or {})}
        self.sockets, self.units = directory / "sockets", directory / "units"
        self.unreachable: set[str] = set()
        self.stuck: set[str] = set()
        self.before: Callable[[str, str], None] = lambda machine, script: None
        paths = [PROGRAMS / "machine", *([] if ROOT_USER else [PROGRAMS / "unprivileged"])]
        self.environment = {
            **os.environ,
            "PATH": ":".join([*map(str, paths), os.environ["PATH"]]),
            "UNITS": str(self.units),
            "PGUSER": "postgres",
            "LC_ALL": "C.UTF-8",
        }
        self.machines = {machine: MachineOfServers(machine, self) for machine in machines}

    # The servers

    def begin(self) -> None:
        """Makes all members and starts them; they stream when it returns."""
        for path in (self.directory, self.directory / "data", self.sockets, self.units):
            path.mkdir(mode=0o755)
        own(self.sockets)
        with ThreadPoolExecutor() as executor:
            list(executor.map(partial(make, self), self.members))
        self.start(self.primary)
        for name in self.standbys:
            slot = self.members[name]["slot"]
            self.sql(self.primary, f"SELECT pg_create_physical_replication_slot('{slot}', true)")
        self.start(*self.standbys)
        self.await_streaming(self.primary, *self.standbys)

    def close(self) -> None:
        """Ends everything at once and removes it."""
        self.freeze(*self.members)
        self.kill(*self.members)
        shutil.rmtree(self.directory)

    def start(self, *names: str) -> None:
        """Starts servers, side by side, and sees that they came up."""
        with ThreadPoolExecutor() as executor:
            list(executor.map(lambda name: self._systemctl("start", name), names))
        for name in names:
            assert self.processes(name), f"{name} did not start:\n{self.log(name)}"

    def stop(self, *names: str) -> None:
        """Shuts servers down as the service does."""
        for name in names:
            self._systemctl("stop", name)

    def kill(self, *names: str) -> None:
        """Ends servers as the loss of power does."""
        for name in names:
            self._signal(signal.SIGKILL, name)
            wait_for(partial(self._ended, name), 10, f"the end of {name}")

    def freeze(self, *names: str) -> None:
        """Servers neither go on nor end, as on a machine that hangs."""
        for name in names:
            self._signal(signal.SIGSTOP, name)

    def thaw(self, *names: str) -> None:
        for name in names:
            self._signal(signal.SIGCONT, name)

    def signal(self, process: int, name: str) -> None:
        """Sends a signal to one process of a server."""
        os.kill(process, signal.Signals[f"SIG{name}"])

    def processes(self, name: str, kind: str = "") -> list[int]:
        """The numbers of a server's processes, such as its walreceiver."""
        found = []
        for number in processes_below(Path(self.members[name]["data_directory"])):
            with contextlib.suppress(OSError):
                if kind in Path(f"/proc/{number}/cmdline").read_text():
                    found.append(number)
        return found

    def follow(self, name: str, primary: str) -> None:
        """Lets a member follow another one, whatever it is now; a running one is told to look again."""
        owned(self._standby_file(name), self.standby_files[primary][name], 0o644)
        owned(Path(self.members[name]["data_directory"], "standby.signal"), "", 0o600)
        if self.processes(name):
            self.sql(name, "SELECT pg_reload_conf()")

    def configure(self, name: str, **settings: object) -> None:
        """Settings of one member from its next start or reload on, instead of those that it was given so before."""
        lines = "".join(f"{key} = '{value}'\n" for key, value in settings.items())
        owned(self._standby_file(name).with_name("50-test.conf"), lines, 0o644)

    def log(self, name: str, lines: int = 40) -> str:
        """The end of a server's log."""
        path = self.log_file(name)
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def unit(self, name: str) -> Path:
        return self.units / f"postgresql@{self.base.version}-{self.members[name]['cluster']}"

    def log_file(self, name: str) -> Path:
        return self.directory / "data" / f"postgresql-{self.base.version}-{self.members[name]['cluster']}.log"

    # What they say

    def sql(self, name: str, statement: str, **options: object) -> list[tuple[Any, ...]]:
        """The rows of a statement of the administrator, whose commits wait for nobody."""
        connection = self.connect(name, "postgres", synchronous_commit="local", **options)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, name: str, expression: str) -> Any:
        return self.sql(name, f"SELECT {expression}")[0][0]

    def connect(self, name: str, user: str, **options: object) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host=str(self.sockets),
            port=self.members[name]["port"],
            user=user,
            dbname="postgres",
            connect_timeout=5,
            options=" ".join(f"-c {key}={value}" for key, value in options.items()),
        )

    def streaming(self, primary: str) -> set[str]:
        """Names of the standbys that stream from a primary, as it says."""
        rows = self.sql(primary, "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'")
        return {name for (name,) in rows}

    def await_streaming(self, primary: str, *names: str, timeout: float = 15) -> None:
        """Waits until these standbys stream from a primary, which has to be seen twice: a walreceiver may be about to end."""
        for _attempt in range(2):
            wait_for(
                lambda: self.streaming(primary) >= set(names),
                timeout,
                f"{', '.join(names)} streaming from {primary}",
                lambda: "\n" + "\n".join(f"{name}:\n{self.log(name, 10)}" for name in names),
            )

    def await_replayed(self, primary: str, *names: str) -> None:
        """Waits until standbys have replayed all that a primary has written."""
        location = self.value(primary, "pg_current_wal_flush_lsn()")
        for name in names:
            replayed = partial(self.value, name, f"pg_last_wal_replay_lsn() >= '{location}'")
            wait_for(replayed, 10, f"{name} at {location}")

    def writable(self) -> list[str]:
        """Names of the members that run and are no standbys."""
        return [name for name in self.members if self.processes(name) and not self.value(name, "pg_is_in_recovery()")]

    def told_to_follow(self, name: str) -> str | None:
        """The primary whose connection a member's file names, None where it names none of them."""
        said = self._standby_file(name).read_text()
        return next((primary for primary, files in self.standby_files.items() if files.get(name) == said), None)

    # What the playbooks do

    def discover(self, timeout: int = 3) -> dict[str, Instance]:
        """The answer of each member whose machine can be reached."""
        reachable = [member for member in self.members.values() if member["machine"] not in self.unreachable]
        options = [cast(MemberOption, {**member, "socket_directory": str(self.sockets)}) for member in reachable]
        # As modules, each in a process of its own: it reads with the rights of other users, which all threads of a process share.
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("fork")) as executor:
            answers = executor.map(partial(discovered, self.environment, timeout), options)
            return dict(zip((member["name"] for member in reachable), answers))

    def topology(self) -> Topology:
        return decide(list(self.members.values()), self.discover())

    def change(
        self, mode: str, answers: Mapping[str, Instance] | None = None, check: bool = False, **params: object
    ) -> dict[str, Any]:
        """The result of a change of primary, as the action plugin carries it out.

        :arg answers: what discovery said, where that is not what it says now.
        """
        machines = {name: machine for name, machine in self.machines.items() if machine.run("true").code == 0}
        options = {
            **{name: option.get("default") for name, option in argument_spec().items()},
            "mode": mode,
            "members": list(self.members.values()),
            "answers": self.discover() if answers is None else answers,
            "standby_files": self.standby_files,
            "synchronous": dict.fromkeys(self.members, self.settings["synchronous_standby_names"]),
            **params,
        }
        return carry_out(options, machines, check)

    @contextlib.contextmanager
    def dying(self, when: Callable[[], object]) -> Iterator[None]:
        """Inside, whoever changes the primary dies before the first command for which the condition holds."""
        dead = threading.Event()

        def before(machine: str, script: str) -> None:
            if dead.is_set() or when():
                dead.set()
                raise Died

        self.before = before
        try:
            with contextlib.suppress(Died):
                yield
        finally:
            self.before = lambda machine, script: None
        assert dead.is_set(), "it came to its end before it was to die"

    def _systemctl(self, action: str, name: str) -> None:
        subprocess.run(["systemctl", action, self.unit(name).name], env=self.environment, check=True, timeout=60)

    def _signal(self, number: int, name: str) -> None:
        for process in self.processes(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def _ended(self, name: str) -> bool:
        return not self.processes(name)

    def _standby_file(self, name: str) -> Path:
        return Path(self.members[name]["config_directory"], "conf.d", "60-standby.conf")


def done(result: dict[str, Any]) -> str:
    """The primary after a change that was carried out."""
    assert not result.get("failed"), json.dumps(result, indent=1)
    return str(result["primary"])


def refused(result: dict[str, Any]) -> str:
    """What a refusal says."""
    assert result.get("failed"), json.dumps(result, indent=1)
    return str(result["msg"])
