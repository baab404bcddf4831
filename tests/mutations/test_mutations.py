# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each mutation turns the test red that its patch names, and nothing else does: without it, the same test is green.

Run on a copy of the checkout, which stays as it is. A test with generated input is tried with ten seeds, so that none notices by
luck alone.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers.checkout import ROOT, copy_checkout
from support.helpers.definitions import is_given
from support.helpers.mutations import Mutation, patches, read

SEEDS = range(10)
# Not "error": a test that could not be run proves nothing.
RED = re.compile(r"^\d+ failed", re.MULTILINE)


def seeds(mutation: Mutation) -> range:
    test = mutation.definition()
    return SEEDS if test and is_given(test) else SEEDS[:1]


CASES = [
    pytest.param(mutation, seed, id=f"{mutation.patch.stem}-{seed}")
    for mutation in map(read, patches())
    for seed in seeds(mutation)
]


class Copy:
    """A copy of the checkout, whose tests run in processes of their own."""

    def __init__(self, directory: Path):
        self.directory = directory
        copy_checkout(ROOT, directory)
        # Where pyproject.toml has tests of real servers look for the collection.
        link = directory / ".cache" / "collections" / "ansible_collections" / "plannerate" / "infra"
        link.parent.mkdir(parents=True)
        link.symlink_to(directory)

    def run(self, test: str, seed: int) -> subprocess.CompletedProcess[str]:
        options = ["-q", "-x", "-p", "no:cacheprovider", "--color=no", f"--hypothesis-seed={seed}"]
        # Bytecode of the file as it was a moment ago, and of the same size, would be taken for that of the file as it is.
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", *options, test]
        return subprocess.run(
            command, cwd=self.directory, env=env, capture_output=True, text=True, timeout=300, check=False
        )


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Copy:
    return Copy(tmp_path_factory.mktemp("copy"))


@pytest.fixture(scope="module")
def run_clean(copy):
    """Runs a test without any mutation, once for each seed."""
    return functools.cache(copy.run)


@pytest.mark.parametrize(("mutation", "seed"), CASES)
def test_it_turns_its_test_red(copy, run_clean, mutation, seed):
    clean = run_clean(mutation.test, seed)
    assert clean.returncode == 0, f"{mutation.test} is red without the mutation:\n{clean.stdout}{clean.stderr}"
    assert mutation.apply(copy.directory) == ""
    try:
        mutated = copy.run(mutation.test, seed)
    finally:
        # Not by applying the patch in reverse: without context, what was deleted would come back at the line where it once stood.
        for file in mutation.files():
            shutil.copy(ROOT / file, copy.directory / file)
    if not RED.search(mutated.stdout):
        pytest.fail(
            f"{mutation.test} was not red, although this no longer holds: {mutation.promise}\n"
            f"{mutated.stdout}{mutated.stderr}",
            pytrace=False,
        )
