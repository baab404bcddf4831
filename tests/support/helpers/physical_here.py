# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Physical backups of real servers into a real S3 server, on this machine, with the files as the role writes them."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.helpers.checkout import ROOT
from support.helpers.object_store import BUCKET, KEYS, ObjectStore
from support.helpers.servers import Servers
from support.helpers.servers_base import AS_OWNER, OWNER, own, owned, run

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import settings

PROGRAM = ROOT / "tests" / "support" / "programs" / "physical_here.py"
PASSPHRASE = "the passphrase of the tests, which opens nothing else"


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Of the S3 server: pgBackRest talks to no other."""
    certificate, key = directory / "store.crt", directory / "store.key"
    openssl = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost"]
    run([*openssl.split(), *names, "-keyout", str(key), "-out", str(certificate)])
    return certificate, key


class PhysicalSite:
    """Members that archive. All of them are on this machine, as far as backups are concerned.

    :arg changed: what differs from the repository's usual options, such as C(prefix).
    """

    def __init__(self, servers: Servers, store: ObjectStore, certificate: Path, **changed: Any) -> None:
        self.servers, self.store = servers, store
        self.directory = servers.directory / "physical"
        for path in (
            self.directory,
            *(self.directory / name for name in ("members", "spool", "logs", "state", "restored")),
        ):
            path.mkdir()
            own(path)
        (version,) = subprocess.run(
            ["pgbackrest", "version"], capture_output=True, text=True, check=True
        ).stdout.split()[1:]
        repository = {
            "stanza": "main",
            "bucket": BUCKET,
            "prefix": servers.directory.name,
            "endpoint": f"https://localhost:{store.secure_port}",
            "region": "us-east-1",
            "path_style": True,
            "ca_file": str(certificate),
            **KEYS,
            "passphrase": PASSPHRASE,
            "keep_days": 14,
            "queue_max": "",
            "process_max": 2,
            "socket_directory": str(servers.sockets),
            "spool": str(self.directory / "spool"),
            "logs": str(self.directory / "logs"),
            **changed,
        }
        self.prefix = repository["prefix"]
        self.repository, self.version = repository, version
        members = []
        for name, member in servers.members.items():
            (self.directory / "spool" / name).mkdir()
            own(self.directory / "spool" / name)
            path = Path(settings.path_of(name, str(self.directory / "members")))
            owned(path, settings.member_file(member, list(servers.members.values()), repository, version), 0o600)
            members.append({**{key: member[key] for key in ("name", "port", "data_directory")}, "config": str(path)})
        self.config = self.directory / "physical.json"
        self.settings: dict[str, Any] = {
            "stanza": "main",
            "place": f"{BUCKET}/{repository['prefix']}",
            "members": members,
            "user": OWNER,
            "binaries": str(servers.base.programs),
            "socket_directory": str(servers.sockets),
            "state_directory": str(self.directory / "state"),
            "textfile": str(self.directory / "state" / "physical.prom"),
            "restore_directory": str(self.directory / "restored"),
            "free_percent": 0,
            "schedules": {
                "full": "Sun *-*-* 01:00:00",
                "diff": "*-*-* 01:00:00",
                "drill": "Wed *-*-* 04:30:00",
                "random_delay": 600,
            },
            "drill": {"machine": "primary", "verify": True, "budget_seconds": 3600},
        }
        self.configure()

    def configure(self, **changed: Any) -> None:
        self.settings.update(changed)
        owned(self.config, json.dumps(self.settings), 0o600)

    def begin_archiving(self) -> None:
        """Every member is told the same, and restarts for it: standbys first."""
        for name in [*self.servers.standbys, self.servers.primary]:
            told = settings.archive_settings(name, "main", 1, str(self.directory / "members"))
            self.servers.configure(name, **told)
            self.servers.stop(name)
            self.servers.start(name)
        self.servers.await_streaming(self.servers.primary, *self.servers.standbys)

    def command(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-B", str(PROGRAM), command, f"--config={self.config}", "--json", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")}
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, env=environment)

    def good(self, command: str, *options: str) -> dict[str, Any]:
        done = self.command(command, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def refused(self, command: str, *options: str, code: int = 3) -> str:
        done = self.command(command, *options)
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}{done.stderr}"
        return str(json.loads(done.stdout)["message"])

    def metric(self, name: str) -> float | None:
        text = Path(str(self.settings["textfile"])).read_text()
        found = [line.split()[-1] for line in text.splitlines() if line.startswith(f"s3_backup_physical_{name}{{")]
        return float(found[0]) if found else None

    def objects(self) -> dict[str, bytes]:
        """What is in this repository."""
        bucket = self.store.open()
        return {one.key: bucket.get(one.key) for one in bucket.objects(f"{self.prefix}/")}

    def at_work(self) -> list[str]:
        """The locks that a process of pgBackRest holds."""
        held = []
        for path in (self.directory / "spool").rglob("*.lock"):
            with path.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    held.append(str(path))
        return held

    def restored(self, name: str, statement: str) -> list[str]:
        """Lines of a restored copy's answer."""
        place = self.directory / "restored" / name
        psql = [
            *AS_OWNER,
            "psql",
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            f"--host={place}",
            "--username=postgres",
            "postgres",
        ]
        done = subprocess.run([*psql, f"--command={statement}"], capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()
