# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab belongs to the checkout that made it: commands of another one refuse, name the owner and change nothing.

The commands run in a copy of this checkout, with a docker that answers from files and with a record of every program that
would change something.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Answers "NAME OWNER" from a file, as the real one does for the formats of scripts/: of the name alone, or of both.
DOCKER = """#!/bin/bash
echo "docker $*" >>{record}
case "$1 $2" in
"container ls" | "network ls" | "volume ls")
  if [[ $* == *plannerate-lab.checkout* ]]; then cat "{here}/$1"; else cut -d' ' -f1 "{here}/$1"; fi ;;
"network inspect") [[ -s "{here}/network" ]] ;;
esac
"""
RECORDER = """#!/bin/bash
echo "$(basename "$0") $*" >>{record}
"""
# What changes something: replaced in the copy, or before the real one in PATH.
SCRIPTS = ["setup", "engine", "sanity", "actionlint"]
IMAGES = ["build", "ubuntu"]
PROGRAMS = ["molecule", "ansible-playbook", "ansible-lint"]
LOOKS = (
    "docker info",
    *(f"docker {words} " for words in ("container ls", "network ls", "network inspect", "volume ls")),
)
COMMANDS = [
    "make lab",
    "make test",
    "make test-all PART=drill",
    "make drill",
    "make bench",
    "make molecule",
    "make molecule SCENARIO=postgres_primary",
    "make ubuntu",
    "scripts/molecule default create",
    "scripts/molecule default destroy",
    "make clean",
    "make distclean",
]


class Host:
    """A copy of the checkout on a host whose Docker has machines, networks and volumes."""

    def __init__(self, directory: Path):
        self.checkout = directory / "checkout"
        self.record = directory / "record"
        self.programs = directory / "programs"
        self.programs.mkdir()
        self.checkout.mkdir()
        for name in ("Makefile", "scripts", "molecule"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.checkout / name)
        for name in ("tests/long/drill/", "tests/bench/", "tests/images/"):
            (self.checkout / name).mkdir(parents=True)
        (self.checkout / "tests/bench/converge").touch()
        for folder, names in (
            (self.checkout / "scripts", SCRIPTS),
            (self.checkout / "tests/images", IMAGES),
            (self.programs, PROGRAMS),
        ):
            for name in names:
                self.program(folder / name, RECORDER)
        self.program(self.programs / "docker", DOCKER)
        self.has()

    def program(self, path, text):
        path.write_text(text.format(record=self.record, here=self.programs))
        path.chmod(0o755)

    def has(self, machines=(), owner="", network=None):
        """Machines of an owner, and a network; an owner "" is a missing label."""
        names = {
            "container": [f"plannerate-lab-{name} {owner}" for name in machines],
            "network": [] if network is None else [f"plannerate-lab {network}"],
            "volume": [f"plannerate-lab-{name}-docker" for name in machines],
        }
        for kind, lines in names.items():
            (self.programs / kind).write_text("".join(f"{line}\n" for line in lines))

    def run(self, command, cwd=None, **variables):
        env = {name: value for name, value in os.environ.items() if name not in ("KEEP", "LAB_TAKE_OVER", "VERBOSE")}
        env |= {"PATH": f"{self.programs}:{env['PATH']}", **variables}
        return subprocess.run(
            command.split(), cwd=cwd or self.checkout, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    def make(self, command):
        """What molecule/shared/create.yml runs in the lab's directory."""
        lab = self.checkout / ".cache/lab"
        lab.mkdir(parents=True, exist_ok=True)
        return self.run(f"{self.checkout}/molecule/shared/{command}", cwd=lab, MOLECULE_SCENARIO_NAME="default")

    def calls(self):
        return self.record.read_text().splitlines() if self.record.exists() else []

    def changes(self):
        """The calls that change something for others, as a new .venv and a started engine do not."""
        return [call for call in self.calls() if not call.startswith((*LOOKS, "setup", "engine start"))]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.fixture
def other(tmp_path):
    directory = tmp_path / "another checkout"
    directory.mkdir()
    return directory


@pytest.mark.parametrize("command", COMMANDS)
def test_the_lab_of_another_checkout_is_refused(host, other, command):
    host.has(["app01", "db01"], other, network=other)
    done = host.run(command)
    assert done.returncode != 0
    assert done.stderr.count("Found the lab of") == 1, "one message"
    assert f"Found the lab of {other}, machines: 2." in done.stderr
    assert f"Expected no lab or the one of this checkout, {host.checkout}:" in done.stderr
    assert 'Run "make clean" in the checkout' in done.stderr and "LAB_TAKE_OVER=1 make clean" in done.stderr
    assert [call for call in host.changes() if call != "ubuntu "] == [], "an image is nobody's"
    assert (host.checkout / "scripts").exists()


def test_a_network_is_enough_to_be_the_owner(host, other):
    host.has(network=other)
    done = host.run("scripts/molecule default create")
    assert done.returncode != 0
    assert f"Found the lab of {other}, machines: 0." in done.stderr
    assert host.changes() == []


def test_a_checkout_that_is_gone_is_said_to_be(host, other):
    host.has(["app01"], other, network=other)
    other.rmdir()
    done = host.run("make lab")
    assert f"Found the lab of {other} (moved or deleted since), machines: 1." in done.stderr
    assert host.changes() == []


def test_machines_of_an_older_version_are_refused_too(host):
    host.has(["app01"], network="")
    done = host.run("make lab")
    assert "Found the lab of a checkout that its machines do not name" in done.stderr
    assert host.changes() == []


@pytest.mark.parametrize(
    "network", [None, "", "its own"], ids=["no lab", "a network of an older version", "its own lab"]
)
def test_otherwise_it_goes_on(host, network):
    if network == "its own":
        host.has(["app01", "db01"], host.checkout, network=host.checkout)
    else:
        host.has(network=network)
    done = host.run("scripts/molecule default create")
    assert done.returncode == 0, done.stderr
    assert host.changes()[-1].endswith("create --scenario-name default")
    assert ("names no checkout" in done.stdout) == (network == "")


def test_what_needs_no_lab_is_not_refused(host, other):
    host.has(["app01"], other, network=other)
    done = host.run("make test-all")
    assert done.returncode == 0 and "drill" in done.stdout


def test_clean_removes_its_own_lab_and_says_what(host):
    host.has(["app01", "db01"], host.checkout, network=host.checkout)
    done = host.run("make clean")
    assert done.returncode == 0, done.stderr
    assert_removed(host, done)


@pytest.mark.parametrize("is_known", [True, False])
def test_clean_removes_anothers_lab_when_told_to_and_says_what(host, other, is_known):
    owner = other if is_known else ""
    host.has(["app01", "db01"], owner, network=owner)
    done = host.run("make clean", LAB_TAKE_OVER="1")
    assert done.returncode == 0, done.stderr
    assert_removed(host, done)


def test_clean_finds_the_lab_of_an_engine_that_went_down_with_the_host(host):
    host.has(["app01", "db01"], host.checkout, network=host.checkout)
    host.program(host.programs / "docker", DOCKER + '[[ "$1" != info ]] || grep -q "engine start" {record}\n')
    (host.checkout / ".cache/lab").mkdir(parents=True)
    (host.checkout / ".cache/lab/engine.pid").write_text("4711 12345\n")
    done = host.run("make clean")
    assert done.returncode == 0, done.stderr
    assert "docker rm --force --volumes plannerate-lab-app01 plannerate-lab-db01" in host.changes()


def assert_removed(host, done):
    assert host.changes() == [
        "docker rm --force --volumes plannerate-lab-app01 plannerate-lab-db01",
        "docker volume rm plannerate-lab-app01-docker plannerate-lab-db01-docker",
        "docker network rm plannerate-lab",
        "engine stop",
    ]
    for name in ("plannerate-lab-app01", "plannerate-lab-db01-docker", "plannerate-lab"):
        assert name in done.stdout.splitlines()[0].split(), "said before it is done"


def test_taking_over_is_for_clean_alone(host, other):
    host.has(["app01"], other, network=other)
    assert host.run("make lab", LAB_TAKE_OVER="1").returncode != 0
    assert host.changes() == []


def test_clean_fails_when_something_could_not_be_removed(host):
    host.has(["app01"], host.checkout, network=host.checkout)
    failing = DOCKER + '[[ "$1" != rm ]] || exit 1\n'
    host.program(host.programs / "docker", failing)
    assert host.run("make clean").returncode != 0
    assert "docker network rm plannerate-lab" not in host.changes()


def test_the_network_and_the_machines_carry_the_path_of_their_checkout(host):
    for command in ("network", "machine db01 debian12 198.18.0.12"):
        done = host.make(command)
        assert done.returncode == 0, done.stdout + done.stderr
    made = [call for call in host.changes() if call.startswith(("docker network create ", "docker run "))]
    assert len(made) == 2
    assert all(f"--label plannerate-lab.checkout={host.checkout} " in call for call in made)


def test_of_two_checkouts_at_once_the_one_that_makes_the_network_is_the_owner(host, other):
    host.has(network=other)
    done = host.make("network")
    assert done.returncode != 0
    assert f"Found the lab of {other}, machines: 0." in done.stderr
    assert host.changes() == []
