# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the commands of a change of primary run: on this machine. Another one is reached by the action plugin's own class."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass


class StepFailed(Exception):
    """A command of a change of primary failed, or took too long; the message says which and what it answered."""


@dataclass(frozen=True)
class Answer:
    """What a script left: its exit code, and its output without surrounding blanks."""

    code: int
    output: str
    errors: str


# Runs a script ($2) that is ended after some seconds ($1), and waits for its end no longer than some more ($3). A program that hangs on
# a disk can be ended by nobody, and would keep the connection's output open: so its output goes to files in memory ($4). An alarm that
# is no longer needed ends with everything that it began.
BOUNDED = """directory=$(mktemp -d "$4/promotion.XXXXXX") || exit
code=; trap 'code=124' ALRM
timeout --kill-after=1 "$1" nice --adjustment=-10 /bin/sh -c "$2" >"$directory/output" 2>"$directory/errors" </dev/null & script=$!
setsid /bin/sh -c 'sleep "$1"; kill -s ALRM "$2"' sh "$3" $$ >/dev/null 2>&1 </dev/null & alarm=$!
wait $script; ended=$?
kill -- -$alarm 2>/dev/null
cat "$directory/output"; cat "$directory/errors" >&2; rm -r "$directory"
exit "${code:-$ended}"
"""


class Machine:
    """A machine on which a change of primary runs shell scripts as root, each in a given time."""

    # What timeout(1) answers when the time was up.
    TIMED_OUT = (124, 137)
    # A directory in memory, so that nothing here waits for a disk.
    MEMORY = "/run"

    def __init__(self, name: str) -> None:
        self.name = name

    def execute(self, argv: list[str]) -> tuple[int, str, str]:
        """Runs a command and gives its exit code, output and errors."""
        raise NotImplementedError

    def run(self, script, seconds=10):
        """The answer of a shell script that is ended after so many seconds, with everything that it began.

        It has a high priority: clients wait for these few commands, on a machine that is busy with those clients.
        """
        command = ["/bin/sh", "-c", BOUNDED, "sh", f"{seconds:g}", script, f"{seconds + 3:g}", self.MEMORY]
        code, output, errors = self.execute(command)
        return Answer(code, output.strip(), errors.strip())

    def check(self, what, script, seconds=10):
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

    def execute(self, argv):
        done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stdout, done.stderr
