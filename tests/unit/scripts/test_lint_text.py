# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make lint` and a commit refuse in any text file: both run the same hooks of .pre-commit-config.yaml."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import steps  # noqa: E402

# What is wrong, and the hook that says so; in pieces, since this file must pass too.
PROBLEMS = {
    "spelling": b"to rec" + b"ieve\n",
    "space": b"a line \n",
    "newline": b"a line",
    "lf": b"a line\r\n",
    "conflict": b"<<<<<<" + b"< HEAD\n",
    "size": b"a line of 20 letters\n" * 10_000,
}


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """What the step says of a good file and of one file for each problem, by hook."""
    (step,) = (step for step in steps.CODE if step.name == "lint text")
    root = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / ".pre-commit-config.yaml", root)
    (root / ".venv").symlink_to(sys.prefix)
    for name, content in {"good": b"a line\n", **PROBLEMS}.items():
        (root / f"{name}.md").write_bytes(content)
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env["PRE_COMMIT_HOME"] = str(root / "home")
    for command in ("git init --quiet", "git add ."):
        subprocess.run(command.split(), cwd=root, env=env, check=True)
    done = subprocess.run(step.command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    said = (part.partition("\n") for part in done.stdout.split("- hook id: ")[1:])
    return {hook: set(re.findall(r"\w+(?=\.md)", text)) for hook, _newline, text in said}


def test_each_problem_is_found_by_its_hook_and_nothing_else_is(output):
    assert output == {hook: {hook} for hook in PROBLEMS}
