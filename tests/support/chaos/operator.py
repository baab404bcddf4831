# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who runs playbooks from the controller, over SSH, and may be killed while they run."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.chaos.members import await_healthy
from support.helpers.checkout import ROOT
from support.helpers.processes import end_at_once

INVENTORIES = ROOT / "molecule" / "postgres_replica" / "inventory"
REPORTS = ROOT / ".cache" / "test"


# An operator who waits no longer than needed for a machine that does not answer. By default it is 20 s for each attempt, and 60 s
# for a connection that was open.
QUICK = {
    "ANSIBLE_TIMEOUT": "4",
    "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=10s -o ServerAliveInterval=2 -o ServerAliveCountMax=3",
}


PLAYBOOK_SECONDS = 300


@dataclass
class Done:
    """A playbook that ran. ``code`` is None where it was killed."""

    code: int | None
    output: str

    @property
    def said(self) -> str:
        return " ".join(self.output.split())


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
    ) -> Done:
        """Runs a playbook.

        :arg kill: it is killed so many seconds after its output had such a text.
        """
        log = self.directory / f"{next(self.numbers):02}-{name}.log"
        command = ["ansible-playbook", *(f"--inventory={INVENTORIES / each}" for each in self.inventories)]
        command += [f"playbooks/{name}.yml"]
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


def go_home() -> None:
    """Ends with pg-main as the primary, where other tests expect it."""
    if await_healthy() == "pg-main":
        return
    operator = Operator(REPORTS / "chaos-home", ["production"])
    done = operator.run("switchover", {"switchover_target": "pg-main"})
    operator.close()
    assert done.code == 0, done.output
    assert await_healthy() == "pg-main"
