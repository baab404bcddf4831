# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed beside the key of the machines is known by its hash, and is no more than a converge needs."""

from __future__ import annotations

import hashlib
import re
import subprocess

import pytest
from support.helpers.checkout import ROOT

NAMES = ("converge", "rotate")
PIN = re.compile(r"([a-z0-9-]+)==([^ ;]+)( ; [^\\]+?)?( --hash=sha256:[0-9a-f]{64})+")


def pinned(text):
    """name to version of what a locked file installs; refuses a line that is no pin with hashes."""
    found = {}
    for line in re.sub(r" \\\n\s+", " ", text).splitlines():
        if line.startswith("#"):
            continue
        match = PIN.fullmatch(line)
        assert match, f"not a version with hashes: {line[:80]}"
        found[match[1]] = match[2]
    return found


def locked(name="converge"):
    options = ["--require-hashes", "--only-binary :all:"]
    comment, *lines = (ROOT / f"requirements-{name}.txt").read_text().splitlines()
    assert lines[: len(options)] == options
    return comment, pinned("\n".join(lines[len(options) :]))


def wanted(name):
    return {line for line in (ROOT / f"requirements-{name}.in").read_text().splitlines() if not line.startswith("#")}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_its_input_and_of_the_versions_that_everything_is_tested_with(name):
    comment, packages = locked(name)
    content = (ROOT / f"requirements-{name}.in").read_bytes()
    assert comment.split()[-1] == hashlib.sha256(content).hexdigest(), "run scripts/lock"
    assert wanted(name) <= set(packages)
    tested = dict(re.findall(r"(?m)^([A-Za-z0-9-]+)==(\S+)", (ROOT / "requirements.txt").read_text()))
    assert wanted(name) <= set(tested), "the version of each stands in requirements.txt"
    assert {name: tested[name] for name in packages if name in tested} == {
        name: version for name, version in packages.items() if name in tested
    }, "run scripts/lock"


def test_the_newest_ansible_is_newer_than_the_one_that_everything_is_tested_with():
    comment, packages = locked("newest")
    content = (ROOT / "requirements-newest.in").read_text()
    assert comment.split()[-1] == hashlib.sha256(content.encode()).hexdigest(), "run scripts/lock"
    newest, tested = (
        {name: [*map(int, version.split("."))] for name, version in re.findall(r"(?m)^(ansible\S*)==([0-9.]+)", text)}
        for text in (content, (ROOT / "requirements.txt").read_text())
    )
    assert {name: [*map(int, packages[name].split("."))] for name in newest} == newest
    assert {name for name in newest if newest[name] > tested[name]} == {"ansible", "ansible-core"}


def test_it_is_few():
    """Each is code that runs as whoever holds the key: a tool of the tests has no place there."""
    _comment, packages = locked()
    assert len(packages) <= 12
    assert not {"pytest", "molecule", "boto3", "ansible-lint", "uv"} & set(packages)


def test_a_rotation_has_the_s3_library_and_what_that_needs_besides():
    _comment, packages = locked("rotate")
    assert set(packages) - set(locked()[1]) == {
        *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
    }
    assert packages == {**packages, **locked()[1]}


@pytest.mark.parametrize(
    "line",
    [
        "ansible==12.3.0",
        "ansible>=12 --hash=sha256:" + "0" * 64,
        "ansible @ https://packages.example/ansible.whl --hash=sha256:" + "0" * 64,
        "--index-url https://packages.example",
        "ansible==12.3.0 --hash=md5:" + "0" * 32,
    ],
)
def test_what_has_no_hash_or_comes_from_elsewhere_is_noticed(line):
    with pytest.raises(AssertionError, match="not a version with hashes"):
        pinned(line)


def test_the_tool_that_writes_it_is_pinned():
    assert re.search(r"(?m)^uv==\S+", (ROOT / "requirements.txt").read_text())
    assert "uv pip compile" in (ROOT / "scripts/lock").read_text()


def test_setup_refuses_another_word():
    done = subprocess.run(
        [ROOT / "scripts/setup", "convergence"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Expected setup, setup converge, setup rotate or setup newest" in done.stderr
