# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections to several machines are made as the play's own are: with its passwords, and so that a dead network is noticed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from support.helpers.checkout import ROOT

PROGRAM = ROOT / "tests" / "support" / "programs" / "promotion_connection.py"
# An ssh whose other machine is this one, and a sudo that asks for a password.
SSH = """#!/bin/sh
while [ $# -gt 1 ]; do shift; done
exec sh -c "$1"
"""
SUDO = """#!/bin/sh
while [ $# -gt 0 ] && [ "$1" != -p ]; do shift; done
[ $# -gt 0 ] || { echo 'sudo: a password is required' >&2; exit 1; }
printf %s "$2" >&2
read -r password
[ "$password" = secret ] || { echo 'Sorry, try again.' >&2; exit 1; }
shift 4
exec "$@"
"""


def ask(play=None, own=None, run=(), seconds=10.0, **variables):
    """What the program answers for attributes of the play, variables of db01 and of the task's own machine, and scripts."""
    done = subprocess.run(
        [sys.executable, PROGRAM],
        input=json.dumps(
            {"play": play or {}, "variables": variables, "own": own or {}, "run": list(run), "seconds": seconds}
        ),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def sudo_asks(tmp_path):
    """Variables of a machine that is reached by ssh and whose sudo asks for the password "secret"."""
    for name, text in (("ssh", SSH), ("sudo", SUDO)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return {"ansible_ssh_executable": str(tmp_path / "ssh"), "ansible_become_exe": str(tmp_path / "sudo")}


def test_the_passwords_of_the_command_line():
    """-k and -K."""
    found = ask({"password": "login", "become_pass": "sudo"})
    assert (found["password"], found["become_pass"], found["asks"]) == ("login", "sudo", True)


def test_the_password_of_the_inventory_comes_before_the_command_lines():
    found = ask({"become_pass": "of the command line"}, ansible_sudo_pass="of db01")
    assert (found["become_pass"], found["asks"]) == ("of db01", True)


def test_the_password_of_the_tasks_own_machine_is_not_told_to_another_one():
    """Ansible puts that into the play's context too."""
    found = ask({"become_pass": "of db02"}, {"ansible_become_password": "of db02"})
    assert (found["become_pass"], found["asks"]) == (None, False)


def test_without_a_password_sudo_does_not_ask():
    assert not ask()["asks"]


@pytest.mark.parametrize("given", [{"play": {"become_pass": "secret"}}, {"ansible_become_password": "secret"}])
def test_a_sudo_that_asks_is_answered(sudo_asks, given):
    """Row 14: two scripts, whose output is theirs alone."""
    answers = ask(**given, **sudo_asks, run=['echo "it\'s $0"', "echo no >&2; exit 3"])["answers"]
    assert answers[0] == {"code": 0, "output": "it's /bin/sh", "errors": ""}
    assert (answers[1]["code"], answers[1]["output"], "no" in answers[1]["errors"]) == (3, "", True)


@pytest.mark.parametrize(("password", "said"), [("wrong", "Incorrect"), ("", "Missing")])
def test_a_wrong_password_is_told_and_no_machine_that_is_gone(sudo_asks, password, said):
    found = ask({"become_pass": password}, **sudo_asks, run=["true"])
    assert found == {"problem": f"db01: {said} sudo password"}


def test_nothing_ends_a_change_that_has_begun(sudo_asks, tmp_path):
    """The password is changed meanwhile."""
    change = f"sed --in-place s/secret/another/ {tmp_path}/sudo"
    answers = ask({"become_pass": "secret"}, **sudo_asks, run=[change, "true"])["answers"]
    assert [answer["code"] for answer in answers] == [0, 255]
    assert answers[1]["errors"] == "the connection to db01 failed: Incorrect sudo password"


def test_a_script_that_nobody_can_end_is_not_waited_for(sudo_asks, tmp_path):
    """Row 12: as of a program that hangs on a disk: timeout(1) never comes to its end, and the session stays open."""
    begun = time.monotonic()
    scripts = [f"echo $PPID >{tmp_path}/timeout; kill -STOP $PPID; sleep 15", "echo goes on"]
    answers = ask({"become_pass": "secret"}, **sudo_asks, run=scripts, seconds=0.5)["answers"]
    assert (answers[0]["code"], answers[0]["errors"]) == (124, "no answer within 3.5 s")
    assert answers[1]["output"] == "goes on"
    assert time.monotonic() - begun < 12
    os.killpg(int((tmp_path / "timeout").read_text()), signal.SIGKILL)


def test_a_machine_where_nobody_has_to_become_root():
    assert not ask(ansible_become=False)["become"]


def test_a_variable_that_has_nothing_to_do_with_it_need_not_be_defined():
    assert ask(postgres_settings="{{ nowhere }}", ansible_become_password="secret")["asks"]


def test_a_machine_is_reached_by_its_address_or_else_by_its_name():
    assert ask(ansible_host="198.18.0.13")["host"] == "198.18.0.13"
    assert ask()["host"] == "db01"


def test_a_network_that_is_gone_is_noticed():
    found = ask(ansible_ssh_args="-o ControlMaster=auto -o ControlPersist=60s")
    assert "ServerAliveInterval=5" in found["ssh_extra_args"]
    # A connection of its own, since one that is open was made without; each machine has another one.
    assert re.fullmatch(r"%\(directory\)s/[0-9a-f]{10}", found["control_path"])
    assert found["control_path"] != ask(ansible_ssh_args="", ansible_host="198.18.0.13")["control_path"]


def test_an_operators_own_interval_and_arguments_are_kept():
    assert "ServerAlive" not in (ask(ansible_ssh_common_args="-o ServerAliveInterval=30")["ssh_extra_args"] or "")
    found = ask(ansible_ssh_args="", ansible_ssh_extra_args="-J gate")
    assert found["ssh_extra_args"].startswith("-J gate -o ServerAliveInterval")
