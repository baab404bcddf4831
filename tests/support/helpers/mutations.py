# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutations of tests/mutations: small changes that break a promise, each with the test that has to notice."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.helpers.checkout import ROOT
from support.helpers.definitions import defined_in

HEAD = re.compile(r"\ATest: (?P<file>\S+\.py)::(?P<test>\S+)\nBreaks: (?P<promise>.+)\n\n--- a/", re.MULTILINE)
# Most patches have no context: the line that they replace is told from all others by itself.
APPLY = ["git", "apply", "--unidiff-zero"]


@dataclass(frozen=True)
class Mutation:
    """One patch, and what its head says."""

    patch: Path
    file: str
    name: str
    promise: str

    @property
    def test(self) -> str:
        return f"{self.file}::{self.name}"

    def definition(self) -> ast.FunctionDef | None:
        """The function of the test; None where there is none."""
        file = ROOT / self.file
        return defined_in(file).get(self.name) if file.exists() else None

    def files(self) -> list[str]:
        """The files that it changes, from the top of the checkout."""
        return re.findall(r"^\+\+\+ b/(.+)$", self.patch.read_text(encoding="utf-8"), re.MULTILINE)

    def apply(self, directory: Path, *options: str) -> str:
        """Change the files below a directory; return what was wrong, or an empty text."""
        # In a directory within somebody's repository, Git would take the paths from its top and change nothing.
        env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(directory.parent)}
        command = [*APPLY, *options, str(self.patch)]
        done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""


def patches() -> list[Path]:
    return sorted((ROOT / "tests" / "mutations").glob("*.patch"))


def read(patch: Path) -> Mutation:
    head = HEAD.match(patch.read_text(encoding="utf-8"))
    assert head, f"{patch.name} does not begin with `Test: FILE::NAME`, `Breaks: PROMISE` and an empty line"
    return Mutation(patch, head["file"], head["test"], head["promise"])
