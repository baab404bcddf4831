# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the commands of a change of primary run: on this machine. Another one is reached by the action plugin's own class."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass


class StepFailed(Exception):
    """A command of a change of primary failed, or took too long; the message says which and what it answered."""


@dataclass(frozen=True)
class Answer:
    """What a script left: its exit code, and its output without surrounding blanks."""

    code: int
    output: str
    errors: str


class Machine:
    """A machine on which a change of primary runs shell scripts as root, each in a given time."""

    # What timeout(1) answers when the time was up.
    TIMED_OUT = (124, 137)
    # Seconds beyond a script's own after which nobody waits for it. A program that hangs on a disk can be ended by nobody, and timeout(1)
    # waits for it for ever; a network that is gone does not answer either.
    GRACE = 3

    def __init__(self, name: str) -> None:
        self.name = name

    def execute(self, argv: list[str], seconds: float) -> tuple[int, str, str]:
        """Runs a command and gives its exit code, output and errors. Comes back after so many seconds, whatever the command does."""
        raise NotImplementedError

    def run(self, script: str, seconds: float = 10) -> Answer:
        """The answer of a shell script that is ended after so many seconds, with everything that it began."""
        # Clients wait for these few commands, on a machine that is busy with those clients.
        command = ["nice", "--adjustment=-10", "/bin/sh", "-c", script]
        limited = ["timeout", "--kill-after=1", f"{seconds:g}", *command]
        code, output, errors = self.execute(limited, seconds + self.GRACE)
        return Answer(code, output.strip(), errors.strip())

    def check(self, what: str, script: str, seconds: float = 10) -> str:
        """The output of a script that has to succeed.

        :raises StepFailed: naming ``what``, in the words of an operator, and the machine.
        """
        answer = self.run(script, seconds)
        if answer.code in self.TIMED_OUT:
            raise StepFailed(f"{what} on {self.name} was not done after {seconds:g} s")
        if answer.code:
            said = " ".join((answer.errors or answer.output).split()) or f"exit code {answer.code}"
            raise StepFailed(f"{what} on {self.name} failed: {said}")
        return answer.output


class LocalMachine(Machine):
    """The machine that this runs on."""

    def execute(self, argv: list[str], seconds: float) -> tuple[int, str, str]:
        return run_here(argv, seconds)


def run_here(argv: list[str], seconds: float, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of a command of this machine. One that takes too long is left to itself."""
    process = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Not waited for: see GRACE.
        process.kill()
        return Machine.TIMED_OUT[0], "", f"no answer within {seconds:g} s"
    return process.returncode, output, errors
