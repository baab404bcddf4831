# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of tests/support/programs, run on a machine of the lab for as long as they take, or until they are told to end."""

from __future__ import annotations

import base64
import json
import shlex
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from support.helpers.checkout import ROOT
from support.helpers.lab import Host, wait_for

PROGRAMS = ROOT / "tests" / "support" / "programs"


def run_program(machine: Host, program: str, job: dict[str, Any]) -> dict[str, Any]:
    """The answer of a program, which takes its job as JSON on standard input and ends with a line of JSON."""
    text = base64.b64encode((PROGRAMS / program).read_bytes()).decode()
    path = f"/tmp/{program}"
    interpreter = {"php": "php", "py": "python3"}[program.rsplit(".", 1)[1]]
    machine.check_output(f"echo {text} | base64 -d >{path}.$$ && mv {path}.$$ {path}")
    done = machine.run(f"ulimit -n 8192; echo {shlex.quote(json.dumps(job))} | {interpreter} {path}")
    assert done.rc == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@contextmanager
def running(machine: Host, program: str, job: dict[str, Any]) -> Iterator[Future[dict[str, Any]]]:
    """A program that makes the file ``ready`` of its job when it works, and ends once there is the file ``stop``; its answer afterwards."""
    mark = f"/tmp/{program}-{uuid.uuid4().hex}"
    files = {name: f"{mark}.{name}" for name in ("ready", "stop")}
    with ThreadPoolExecutor(1) as executor:
        answer = executor.submit(run_program, machine, program, {**job, **files})
        try:
            wait_for(lambda: answer.done() or machine.file(files["ready"]).exists, 120, f"that {program} works")
            yield answer
        finally:
            machine.check_output(f"touch {files['stop']}")
            answer.exception(timeout=120)
            machine.check_output(f"rm -f {' '.join(files.values())}")
