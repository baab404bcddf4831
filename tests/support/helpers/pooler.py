# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer as tests see it: through its port from a client's machine, and on its admin console."""

from __future__ import annotations

import csv
import shlex
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from support.helpers.checkout import ROOT
from support.helpers.lab import Host, over_ssh, wait_for
from support.helpers.programs import run_program
from testinfra.backend.base import CommandResult

QUERY_WAIT_TIMEOUT = 30
PACKAGES = {
    "php": "php-cli php-pgsql",
    "psql": "postgresql-client",
    "/usr/lib/python3/dist-packages/psycopg2": "python3-psycopg2",
}


@dataclass(frozen=True)
class Pooler:
    """One PgBouncer and the machine whose clients may use it."""

    name: str
    address: str
    client_address: str
    database: str
    owner: str
    credentials: str
    port: int = 6432

    @property
    def machine(self) -> Host:
        return over_ssh(self.address)

    @property
    def client(self) -> Host:
        return over_ssh(self.client_address)

    def prepare(self) -> None:
        """Installs on the client's machine what the clients need."""
        missing = [
            packages
            for probe, packages in PACKAGES.items()
            if self.client.run(f"command -v {probe} || test -d {probe}").rc
        ]
        if missing:
            self.client.check_output(
                f"apt-get -q update && apt-get -qy install --no-install-recommends {' '.join(missing)}"
            )

    def secret(self, name: str) -> str:
        return self.machine.check_output(f"sed -n 's/^{name}=//p' {self.credentials}")

    @property
    def password(self) -> str:
        return self.secret(f"POSTGRES_{self.owner.upper()}_PASSWORD")

    def conninfo(self, **changed: object) -> str:
        parts = {
            "host": self.name,
            "hostaddr": self.address,
            "port": self.port,
            "dbname": self.database,
            "sslmode": "verify-full",
            "sslrootcert": "/etc/ssl/machine/ca.crt",
            **changed,
        }
        return " ".join(f"{key}={value}" for key, value in parts.items() if value is not None)

    def psql(
        self,
        sql: str,
        user: str | None = None,
        password: str | None = None,
        client: Host | None = None,
        **changed: object,
    ) -> CommandResult:
        """Runs SQL from the client's machine, or from another one."""
        changed.setdefault("connect_timeout", 5)
        conninfo = self.conninfo(user=user or self.owner, **changed)
        password = shlex.quote(self.password if password is None else password)
        return (client or self.client).run(
            f"PGPASSWORD={password} timeout 90 psql -wXAtq {shlex.quote(conninfo)} -c {shlex.quote(sql)}"
        )

    def console(self, what: str) -> list[dict[str, str]]:
        """The rows of SHOW something, each a dict."""
        command = f"runuser -u postgres -- {self.console_command} --command={shlex.quote(f'SHOW {what}')}"
        return list(csv.DictReader(self.machine.check_output(f"cd / && {command}").splitlines()))

    @property
    def console_command(self) -> str:
        return f"psql -X --csv -h /var/run/postgresql -p {self.port} -U pgbouncer -d pgbouncer"

    def pool(self, name: str) -> dict[str, str] | None:
        return {row["name"]: row for row in self.console("DATABASES")}.get(name)

    def version(self) -> tuple[int, ...]:
        words = self.machine.check_output("pgbouncer --version").split()
        return tuple(int(part) for part in words[1].split(".")[:2])

    def pid(self) -> str:
        return self.machine.check_output("systemctl show --property=MainPID --value pgbouncer")

    def log(self, since: str) -> str:
        """What PgBouncer logged since a time that :meth:`now` gave."""
        return self.machine.check_output(f"journalctl --unit=pgbouncer --since=@{since} --output=cat --no-pager")

    def now(self) -> str:
        return self.machine.check_output("date +%s")

    def run_client(self, program: str, job: dict[str, Any], client: Host | None = None) -> dict[str, Any]:
        """Runs a program of tests/support/programs on the client's machine, or another one, and gives its answer."""
        return run_program(client or self.client, program, job)

    def pdo(
        self, transactions: int, emulate: bool, table: str | None = None, database: str | None = None, clients: int = 1
    ) -> list[dict[str, Any]]:
        """The answers of PDO clients that run at the same time; with a table, they write to it."""
        job = {
            "dsn": "pgsql:" + self.conninfo(dbname=database or self.database).replace(" ", ";"),
            "user": self.owner,
            "password": self.password,
            "transactions": transactions,
            "emulate": emulate,
            "table": table,
        }
        with ThreadPoolExecutor(clients) as executor:
            return list(executor.map(lambda _number: self.run_client("pdo.php", job), range(clients)))

    def flood(
        self, clients: int, transactions: int, seconds: int = 90, client: Host | None = None, **changed: object
    ) -> dict[str, Any]:
        """The answer of many clients at once, in one process of the client's machine or another one."""
        job = {
            "conninfo": self.conninfo(**{"user": self.owner, "password": self.password, **changed}),
            "clients": clients,
            "transactions": transactions,
            "seconds": seconds,
        }
        return self.run_client("flood.py", job, client)

    @contextmanager
    def held(
        self, clients: int, transactions: int = 0, client: Host | None = None, **changed: object
    ) -> Iterator[dict[str, Any]]:
        """As many clients that are connected, as far as they may, as long as the block lasts. Their answer, afterwards."""
        client, path = client or self.client, f"/tmp/held-{uuid.uuid4().hex}"
        answer: dict[str, Any] = {}
        job = {
            "conninfo": self.conninfo(**{"user": self.owner, "password": self.password, **changed}),
            "clients": clients,
            "transactions": transactions,
            "seconds": 300,
            "ready": f"{path}.ready",
            "hold": path,
        }
        client.check_output(f"touch {path}")
        with ThreadPoolExecutor(1) as executor:
            running = executor.submit(self.run_client, "flood.py", job, client)
            try:
                wait_for(lambda: running.done() or client.file(job["ready"]).exists, timeout=240, what="the clients")
                yield answer
            finally:
                client.check_output(f"rm -f {path} {job['ready']}")
                answer.update(running.result(timeout=120))

    @contextmanager
    def table(self, client: Host | None = None) -> Iterator[str]:
        """A table of its own for a test's clients to write to: its name."""
        name = f"pooled_{uuid.uuid4().hex[:12]}"
        created = self.psql(f"CREATE TABLE {name} (client bigint, number bigint)", client=client)
        assert created.rc == 0, created.stderr
        try:
            yield name
        finally:
            self.psql(f"DROP TABLE {name}", client=client)

    @contextmanager
    def watched(self, seconds: float = 0.2) -> Iterator[tuple[dict[str, int], list[int]]]:
        """Server connections of each pool as the admin console tells them all the time: a dict that is filled at the end."""
        command = (
            f"cd / && echo 'SHOW POOLS \\watch {seconds}' | runuser -u postgres -- timeout 120 {self.console_command}"
        )
        watcher = ssh(self.address, command)
        most: dict[str, int] = {}
        samples = [0]
        try:
            yield most, samples
        finally:
            watcher.terminate()
            output = watcher.communicate(timeout=30)[0]
            heading: list[str] | None = None
            now: dict[str, int] = {}
            for line in [*output.splitlines(), "database,"]:
                row = line.split(",")
                if row[0] == "database":
                    for name, count in now.items():
                        most[name] = max(count, most.get(name, 0))
                    samples[0] += bool(now)
                    heading, now = row, {}
                elif heading and len(row) == len(heading):
                    found = dict(zip(heading, row))
                    keys = ("sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login")
                    now[found["database"]] = now.get(found["database"], 0) + sum(int(found[key]) for key in keys)

    @contextmanager
    def session(self, **changed: object) -> Iterator[Callable[[str], str]]:
        """An open session of psql on the client's machine: a function that says SQL to it and gives the answer's last line."""
        password = shlex.quote(self.password)
        conninfo = shlex.quote(self.conninfo(user=self.owner, **changed))
        process = ssh(self.client_address, f"PGPASSWORD={password} psql -wXAtq {conninfo} 2>&1", stdin=subprocess.PIPE)
        assert process.stdin and process.stdout
        to, back = process.stdin, process.stdout

        def say(sql: str) -> str:
            to.write(f"{sql};\n\\echo ::end\n")
            to.flush()
            lines: list[str] = []
            for line in back:
                if line.strip() == "::end":
                    return "\n".join(lines)
                lines.append(line.strip())
            raise AssertionError(f"the session ended: {lines}")

        try:
            yield say
        finally:
            to.close()
            process.wait(timeout=30)


def ssh(address: str, command: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """A running command of root on a machine of the lab."""
    directory = ROOT / ".cache" / "lab"
    return subprocess.Popen(
        [
            *("ssh", "-F", "none", "-i", str(directory / "id_ed25519"), "-o", "LogLevel=ERROR"),
            *("-o", f"UserKnownHostsFile={directory / 'known_hosts'}", "-o", "StrictHostKeyChecking=yes"),
            *(f"ops@{address}", f"sudo sh -c {shlex.quote(command)}"),
        ],
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
    )


def answers(pooler: Pooler, **changed: Any) -> bool:
    return pooler.psql("SELECT 1", **changed).stdout.strip() == "1"


def port_of_read(pooler: Pooler) -> str:
    result = pooler.psql("SELECT inet_server_port()", dbname=f"{pooler.database}_ro")
    return result.stdout.strip()


@contextmanager
def stopped(pooler: Pooler, unit: str) -> Iterator[None]:
    pooler.machine.check_output(f"systemctl stop {unit}")
    try:
        yield
    finally:
        pooler.machine.check_output(f"systemctl start {unit}")
