# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on the machine, each with a time after which it is ended."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import secrets
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed

SECONDS = 120


class Done(NamedTuple):
    """``output``: what it wrote, errors included. ``late``: whether it was ended."""

    code: int
    output: str
    late: bool


class Commands:
    """:arg docker_config: the directory with the logins of registries.
    :arg variables: the file whose values no message shows.
    """

    def __init__(self, docker_config: str, variables: str = "") -> None:
        self.variables = variables
        self.environment = {**os.environ, "DOCKER_CONFIG": docker_config, "COMPOSE_IGNORE_ORPHANS": "true"}

    def run(self, command: Sequence[str], seconds: int = SECONDS) -> Done:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self.environment,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            return Done(124, (problem.stdout or b"").decode(errors="replace"), True)
        except OSError as problem:
            return Done(127, str(problem), False)
        return Done(done.returncode, done.stdout.decode(errors="replace"), False)

    def check(self, gate: str, command: Sequence[str], seconds: int = SECONDS) -> str:
        """:raises GateFailed: when it fails."""
        done = self.run(command, seconds)
        if done.code:
            what = " ".join(command[:2])
            late = f"took longer than {seconds} s" if done.late else "failed"
            # Masked before it is cut: half of a value is none that is known.
            said = secrets.mask(done.output, secrets.of_file(self.variables)).strip()[-500:]
            raise GateFailed(gate, f"{what} {late}: {said}")
        return done.output

    def inspect(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the engine tells of those containers that there are, by name."""
        if not names:
            return {}
        done = self.run(["docker", "container", "inspect", *names])
        # With one that is missing, it says so behind the others.
        text = done.output[: done.output.rindex("]") + 1] if "]" in done.output else ""
        try:
            found = json.loads(text[text.index("[") :])
        except ValueError as problem:
            raise GateFailed("engine", f"docker does not answer: {done.output.strip()[-500:]}") from problem
        return {each["Name"].lstrip("/"): each for each in found}
