# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of Debian 13 with the programs that read what the roles write, each run in it with a machine's files in their places."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.helpers.checkout import ROOT

TREE = ROOT / ".cache" / "programs" / "debian13"
POSTGRES = "/usr/lib/postgresql/17/bin"
# Processes of its own, and what the kernel says of itself: ufw asks there for IPv6.
IN_TREE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={TREE}/proc", "chroot", str(TREE)]
CLUSTER = "/var/lib/postgresql/made-up"
COMPOSE = "/usr/libexec/docker/cli-plugins/docker-compose"
SETTINGS = [f"--data_directory={CLUSTER}", "--shared_buffers=16MB", "--dynamic_shared_memory_type=mmap"]
# A statement a line. The two are given on the command line, which the file cannot change.
QUERY = r"""
SELECT 'rules: ' || count(*) AS counted FROM pg_hba_file_rules WHERE error IS NULL;
SELECT 'line ' || line_number || ': ' || error AS wrong FROM pg_hba_file_rules WHERE error IS NOT NULL;
SELECT coalesce(name, sourcefile) || ': ' || error AS wrong FROM pg_file_settings WHERE name NOT IN ('data_directory', 'shared_buffers');
"""


class Refused(AssertionError):
    """A program does not take what was written for it."""


class Programs:
    """The tree; ``asked`` counts what each program was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}
        self.written: list[Path] = []
        self._make_certificates()
        self._make_cluster()
        (TREE / "run/sshd").mkdir(exist_ok=True)

    def run(self, *command: str, user: str = "root", text: str = "") -> str:
        """What a program says; an error of its ends the test."""
        as_user = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        done = subprocess.run(
            [*IN_TREE, *as_user, *command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"},
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise Refused(f"{shlex.join(command)}: {done.stdout}")
        self.asked[command[0]] = self.asked.get(command[0], 0) + 1
        return done.stdout

    def take(self, machine: dict[str, Any]) -> Iterator[str]:
        """Everything that is refused of one machine's files, rules and members."""
        self._write(machine["files"])
        asked = [self._validation(file) for file in machine["files"] if file["validate"]]
        asked += [["/usr/sbin/sshd", "-t"], ["fail2ban-client", "-t"]]
        asked += [rule for rules in machine["firewall"] for rule in _rules(rules)]
        asked += [
            ["systemd-analyze", "calendar", moment]
            for file in machine["files"]
            for moment in re.findall(r"^OnCalendar=(.*)$", file["content"], re.MULTILINE)
        ]
        for command in asked:
            try:
                self.run(*command)
            except Refused as refused:
                yield str(refused)
        for check in (self._compose, self._members):
            yield from check(machine)

    def _write(self, files: list[dict[str, Any]]) -> None:
        for path in self.written:
            path.unlink(missing_ok=True)
        self.written = [TREE / file["path"].lstrip("/") for file in files]
        for path, file in zip(self.written, files):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file["content"])
            path.chmod(0o755 if file["content"].startswith("#!") else 0o644)

    @staticmethod
    def _validation(file: dict[str, Any]) -> list[str]:
        """As the role looks at the file before it takes its place."""
        path = file["path"]
        return [
            word.replace("%s", path).replace("%d", str(Path(path).parent)) for word in shlex.split(file["validate"])
        ]

    def _compose(self, machine: dict[str, Any]) -> Iterator[str]:
        for file in machine["files"]:
            if not re.search(r"/docker-compose[^/]*\.yml$", file["path"]):
                continue
            try:
                read = json.loads(self.run(COMPOSE, "--file", file["path"], "config", "--format", "json"))
            except Refused as refused:
                yield str(refused)
                continue
            # In what Compose prints, a dollar is two.
            given = {key: value.replace("$$", "$") for key, value in _environment(read, "app").items() if value}
            for name, value in machine["application"].items():
                if "app" in read["services"] and given.get(name, "") != value:
                    yield f"{file['path']}: {name} came as {given.get(name)!r}, expected {value!r}"

    def _members(self, machine: dict[str, Any]) -> Iterator[str]:
        for name, files in machine["members"].items():
            self._write(files)
            (main,) = [file["path"] for file in files if file["path"].endswith("/postgresql.conf")]
            (TREE / main.lstrip("/")).with_name("pg_ident.conf").write_text("")
            settings = [f"--config_file={main}", *SETTINGS]
            try:
                self.run(f"{POSTGRES}/postgres", "-C", "port", *settings, user="postgres")
                said = self.run(f"{POSTGRES}/postgres", "--single", *settings, "postgres", user="postgres", text=QUERY)
            except Refused as refused:
                yield f"{name}: {refused}"
                continue
            yield from (f"{name}: {text}" for text in re.findall(r'wrong = "(.*)"', said))
            if not re.search(r'"rules: [1-9]', said):
                yield f"{name}: no rules were read: {said}"

    def _make_certificates(self) -> None:
        directory = TREE / "etc/ssl/machine"
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=made-up"
        subprocess.run(
            [*command.split(), "-keyout", directory / "machine.key", "-out", directory / "machine.crt"],
            check=True,
            capture_output=True,
        )
        shutil.copy(directory / "machine.crt", directory / "ca.crt")
        for ending in ("crt", "key"):
            (directory / f"machine.{ending}").chmod(0o644)
            shutil.copy(directory / f"machine.{ending}", directory / f"client.{ending}")

    def _make_cluster(self) -> None:
        shutil.rmtree(TREE / CLUSTER.lstrip("/"), ignore_errors=True)
        self.run(f"{POSTGRES}/initdb", "--no-sync", "--auth=reject", CLUSTER, user="postgres")


def _rules(plan: dict[str, Any]) -> list[list[str]]:
    """As the module community.general.ufw asks for them."""
    return [
        [
            "ufw",
            "--dry-run",
            "allow",
            "from",
            source,
            "to",
            "any",
            "port",
            plan["ports"],
            "proto",
            "tcp",
            "comment",
            plan["purpose"],
        ]
        for source in plan["missing"]
    ]


def _environment(read: dict[str, Any], service: str) -> dict[str, str]:
    found: dict[str, str] = read["services"].get(service, {}).get("environment", {})
    return found
