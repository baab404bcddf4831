# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all servers of a run of the tests share: a data directory to copy, a certificate, ports, and whose everything is."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from support.helpers import lab
from support.helpers.checkout import ROOT

# Where each member is, unless a test says otherwise.
LAYOUT = {"pg-main": "db01", "pg-replica1": "db02", "pg-replica2": "db03"}
ROOT_USER = os.geteuid() == 0
# Who runs the servers. Without root everything belongs to one user.
OWNER = "postgres" if ROOT_USER else getpass.getuser()
AS_OWNER = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if ROOT_USER else []
PREFIX = "servers-"
PORTS = range(55600, 55700)
# Ports of one run of the tests; several runs on a host take different ones.
PORTS_OF_A_RUN = 10
# Bytes of three members whose WAL has grown.
ROOM = 2 << 30
CACHE = ROOT / ".cache" / "postgresql"
# The servers are here, so asking costs little.
wait_for = partial(lab.wait_for, every=0.05)


def version() -> int:
    """The newest major release whose server is installed."""
    found = [int(path.parts[-3]) for path in Path("/usr/lib/postgresql").glob("[1-9]*/bin/postgres")]
    assert found, "found no PostgreSQL server; tests/servers/install installs one"
    return max(found)


def programs(release: int) -> Path:
    """Where a release's programs are: the distribution's, or what tests/long/zoo/install took from another one."""
    path = f"usr/lib/postgresql/{release}/bin"
    found = [place / path for place in (Path("/"), CACHE / str(release)) if (place / path / "postgres").exists()]
    assert found, f"found no PostgreSQL {release}; tests/long/zoo/install installs it"
    return found[0]


class Base:
    """What all servers of a run of the tests share: a data directory to copy, a certificate, and ports that nobody else has."""

    def __init__(self, release: int | None = None) -> None:
        self.version = release or version()
        self.programs = programs(self.version)
        self.lock, self.ports = _ports()
        self.directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_roomy_memory()))
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, bytes(self.directory), 0)
        self.directory.chmod(0o755)
        self.data = self.directory / "data"
        self.passfile, self.certificate, self.key = (
            self.directory / name for name in ("passfile", "tls.crt", "tls.key")
        )
        self.password = secrets.token_hex()
        owned(self.passfile, f"*:*:*:replicator:{self.password}\n", 0o600)
        self._make_certificate()
        self._make_data()

    def close(self) -> None:
        shutil.rmtree(self.directory)
        os.close(self.lock)

    def _make_certificate(self) -> None:
        names = ",".join(f"DNS:{machine}" for machine in LAYOUT.values())
        openssl = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=tests"
        run(
            [
                *openssl.split(),
                "-addext",
                f"subjectAltName={names}",
                "-keyout",
                str(self.key),
                "-out",
                str(self.certificate),
            ]
        )
        own(self.key)

    def _make_data(self) -> None:
        """A cluster that was shut down cleanly, with what every test needs."""
        self.data.mkdir(mode=0o700)
        own(self.data)
        initdb = f"{self.programs}/initdb --pgdata={self.data} --username=postgres --no-sync --encoding=UTF8 --locale=C"
        run([*AS_OWNER, *initdb.split(), "--auth=reject"])
        statements = [
            f"CREATE ROLE replicator LOGIN REPLICATION PASSWORD '{self.password}'",
            "GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text), "
            "pg_read_binary_file(text, bigint, bigint, boolean) TO replicator",
            "CREATE ROLE writer LOGIN",
            "CREATE TABLE ledger (client int, number int)",
            "GRANT INSERT, SELECT ON ledger TO writer",
        ]
        run(
            [*AS_OWNER, str(self.programs / "postgres"), "--single", "-D", str(self.data), "-j", "postgres"],
            "".join(f"{statement};\n\n" for statement in statements),
        )


def own(path: Path) -> None:
    """Gives a path to the user who runs the servers."""
    if ROOT_USER:
        shutil.chown(path, OWNER, OWNER)


def owned(path: Path, content: str, mode: int) -> None:
    """A file of the user who runs the servers. It appears complete, with its mode."""
    incoming = path.with_name(f"{path.name}.incoming")
    incoming.touch(mode)
    incoming.chmod(mode)
    own(incoming)
    incoming.write_text(content)
    incoming.rename(path)


def run(command: Iterable[str], given: str | None = None) -> None:
    done = subprocess.run([*command], input=given, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def _roomy_memory() -> str | None:
    """A filesystem in memory where there is one with room for the servers of a test: their files are copied ten times faster."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else None


def _ports() -> tuple[int, list[int]]:
    """Ports that no other run of the tests uses, as long as the lock is held, and nobody else listens on.

    The lock's file names the directory of the run that holds it.
    """
    for first in PORTS[::PORTS_OF_A_RUN]:
        path = Path(tempfile.gettempdir(), f"{PREFIX}{first}-{os.geteuid()}.lock")
        lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        ports = list(range(first, first + PORTS_OF_A_RUN))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_uid != os.geteuid():
                raise PermissionError(f"{path} is somebody else's")
            _remove_left_over(Path(os.fsdecode(os.pread(lock, 4096, 0))))
            for port in ports:
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("", port))
            return lock, ports
        except OSError:
            os.close(lock)
    raise AssertionError(f"found no {PORTS_OF_A_RUN} free ports from {PORTS.start} to {PORTS.stop - 1}")


def _remove_left_over(directory: Path) -> None:
    """Ends and removes the servers of a run that was killed."""
    if not directory.name.startswith(PREFIX) or not directory.is_dir():
        return
    for number in processes_below(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    wait_for(lambda: not processes_below(directory), 10, f"the end of the servers in {directory}")
    shutil.rmtree(directory)


def processes_below(directory: Path) -> list[int]:
    """The numbers of the processes that stand in a directory or below, as a server does in its data directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(process / "cwd")).is_relative_to(directory):
                found.append(int(process.name))
    return found
