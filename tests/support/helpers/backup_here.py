# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of a real server's databases into a real S3 server, on this machine, by the command as it is installed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg2
from support.helpers.checkout import ROOT
from support.helpers.object_store import BUCKET, KEYS, ObjectStore
from support.helpers.servers import Servers
from support.helpers.servers_base import OWNER, ROOT_USER, own
from support.helpers.zoo import comparable

# How the installed command finds the primary.
_VARIABLES = (ROOT / "roles" / "s3_backup" / "vars" / "main" / "logical.yml").read_text()
(_SESSION,) = re.findall(r"target_session_attrs=\{\{ \{'primary': '([a-z-]+)'", _VARIABLES)
PROGRAM = ROOT / "tests" / "support" / "programs" / "backup_here.py"
LOADER = PROGRAM.with_name("backup_loader.py")


class Site:
    """One environment with its databases. Each command is a process of its own."""

    # Seconds that a command may take.
    patience = 120

    def __init__(self, servers: Servers, store: ObjectStore, member: str = "pg-main") -> None:
        self.servers, self.store, self.member = servers, store, member
        self.directory = servers.directory / "backup"
        for path in (self.directory, *(self.directory / job for job in ("run", "rotate", "drill", "scratch", "work"))):
            path.mkdir()
            own(path)
        credential = self._file("credential.json", KEYS)
        port = servers.members[member]["port"]
        self.settings: dict[str, Any] = {
            "environment": "tests",
            "databases": ["shop"],
            "bucket": BUCKET,
            "prefix": servers.directory.name,
            "state_directory": str(self.directory),
            "textfile_directory": str(self.directory),
            "store": store.settings(),
            "credentials": dict.fromkeys(("writer", "rotator", "drill"), credential),
            # A server does not run as root.
            "users": {"drill": OWNER if ROOT_USER else None, "restore": None},
            "source": {
                "conninfo": f"host={servers.sockets} port={port} user=dump target_session_attrs={_SESSION}",
                "binaries": str(servers.base.programs),
                "roles_function": "s3_backup.environment_roles",
            },
            "encryption": {"method": "none"},
            "drill": {"socket": str(self.directory / "drill.sock"), "free_percent": 0},
            "restore": {
                "conninfo": f"host={servers.sockets} port={port} user=postgres",
                "work_directory": str(self.directory / "work"),
                "free_percent": 0,
            },
        }

    def _file(self, name: str, content: object) -> str:
        path = self.directory / name
        path.write_text(json.dumps(content))
        own(path)
        return str(path)

    def start(self, command: str, *options: str, **changed: dict[str, Any]) -> subprocess.Popen[str]:
        """:arg changed: keys of a section of the configuration."""
        settings = {**self.settings, **{name: {**self.settings[name], **values} for name, values in changed.items()}}
        path = self._file(f"{command}.json", settings)
        if command == "drill":
            self.loader = self.start_loader()
        return subprocess.Popen(
            [sys.executable, "-B", str(PROGRAM), command, "tests", f"--config={path}", "--json", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")},
        )

    def start_loader(self) -> subprocess.Popen[str]:
        """What loads for the next drill, as the unit behind the socket starts it."""
        path = self.directory / "drill.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            own(path)
            return subprocess.Popen(
                [sys.executable, "-B", str(LOADER), str(listening.fileno()), OWNER, str(self.directory / "scratch")],
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                cwd="/",
                start_new_session=True,
                env={"LOADER": "here", "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / ".cache" / "collections")},
            )

    def command(self, command: str, *options: str, **changed: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """(exit code, answer)."""
        return finish(self.start(command, *options, **changed), self.patience)

    def good(self, command: str, *options: str, **changed: dict[str, Any]) -> dict[str, Any]:
        """The answer of a command that succeeds."""
        code, answer = self.command(command, *options, **changed)
        assert code == 0, answer
        return answer

    def back_up(self, **changed: dict[str, Any]) -> dict[str, Any]:
        """The manifest of a new backup."""
        (made,) = self.good("run", **changed)["backups"]
        return made

    def with_program(self, name: str, script: str) -> Path:
        """A directory of the server's programs, one of which is a shell script.

        :arg script: of the real one, C($real), and files in the directory, C($here).
        """
        programs, real = self.directory / f"with_{name}", self.servers.base.programs / name
        programs.mkdir()
        for program in self.servers.base.programs.iterdir():
            if program != real:
                (programs / program.name).symlink_to(program)
        (programs / name).write_text(f"#!/bin/sh\nhere={programs} real={real}\n{script}\n")
        (programs / name).chmod(0o755)
        return programs

    def say(self, *statements: str, database: str = "shop", user: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of the last statement."""
        port = self.servers.members[self.member]["port"]
        given: dict[str, Any] = {"host": str(self.servers.sockets), "port": port, "user": user, "dbname": database}
        with contextlib.closing(psycopg2.connect(**given, options="-c synchronous_commit=local")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def make(self, *statements: str) -> None:
        """What the owner of the database makes in it, who is no superuser."""
        self.say("SET SESSION AUTHORIZATION shop", *statements)

    def session(self, database: str = "shop") -> Any:
        """A connection of the administrator."""
        port = self.servers.members[self.member]["port"]
        return psycopg2.connect(host=str(self.servers.sockets), port=port, user="postgres", dbname=database)

    def databases(self) -> set[str]:
        listed = self.say("SELECT datname FROM pg_database WHERE NOT datistemplate", database="postgres")
        return {name for (name,) in listed} - {"postgres"}

    def dump(self, *options: str, database: str = "shop") -> str:
        """What the administrator's pg_dump writes."""
        command = [str(self.servers.base.programs / "pg_dump"), f"--host={self.servers.sockets}", "--username=postgres"]
        command += [f"--port={self.servers.members[self.member]['port']}", f"--dbname={database}", *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def content(self, database: str, *options: str) -> str:
        """All of a database as pg_dump writes it, without what names the database or the moment."""
        return comparable(self.dump("--create", *options, database=database), database)


def finish(process: subprocess.Popen[str], patience: float = Site.patience) -> tuple[int, dict[str, Any]]:
    out, said = process.communicate(timeout=patience)
    assert out, said
    return process.returncode, json.loads(out)
