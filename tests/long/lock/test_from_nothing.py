# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the workflow installs beside the key of the machines, from nothing: what is locked, and nothing that is not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
from support.helpers.checkout import ROOT

FILES = ["scripts/setup", "scripts/env", "requirements-converge.txt", "requirements-rotate.txt"]


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "scripts").mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def setup(checkout, command=("scripts/setup", "converge")):
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, timeout=900, check=False)


def is_installed(checkout, name):
    """All that is locked, and nothing else."""
    locked = dict(re.findall(r"(?m)^([a-z0-9-]+)==([^ ;]+)", (checkout / f"requirements-{name}.txt").read_text()))
    listed = subprocess.run(
        [checkout / ".venv/bin/python", "-m", "pip", "list", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
    )
    installed = {entry["name"].lower(): entry["version"] for entry in json.loads(listed.stdout)}
    assert {name: version for name, version in installed.items() if name not in ("pip", "setuptools")} == locked


def test_all_of_it_and_nothing_else(checkout):
    done = setup(checkout)
    assert done.returncode == 0, done.stderr
    is_installed(checkout, "converge")
    subprocess.run([checkout / ".venv/bin/ansible-playbook", "--version"], capture_output=True, check=True)
    assert "up to date" in setup(checkout).stdout


def test_a_rotation_has_all_of_its_own(checkout):
    done = setup(checkout, ["scripts/setup", "rotate"])
    assert done.returncode == 0, done.stderr
    is_installed(checkout, "rotate")
    subprocess.run([checkout / ".venv/bin/python", "-c", "import boto3"], capture_output=True, check=True)


def test_a_package_that_is_not_the_locked_one_is_refused(checkout):
    lock = checkout / "requirements-converge.txt"
    head, _name, _rest = lock.read_text().partition("ansible==")
    # One package, so that nothing else is fetched before the refusal.
    lock.write_text(head + "resolvelib==1.2.1 --hash=sha256:" + "0" * 64 + "\n")
    done = setup(checkout)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (checkout / ".venv/requirements.sha256").exists()
