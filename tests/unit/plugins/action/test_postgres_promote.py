# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections to several machines are made as the play's own are: with its passwords, and so that a dead network is noticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from support.helpers.checkout import ROOT

PROGRAM = ROOT / "tests" / "support" / "programs" / "promotion_connection.py"


def connection(play=None, **variables):
    """What the connection to db01 knows, for attributes of the play and variables of the machine."""
    done = subprocess.run(
        [sys.executable, PROGRAM],
        input=json.dumps({"play": play or {}, "variables": variables}),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_passwords_of_the_command_line():
    """-k and -K."""
    found = connection({"password": "login", "become_pass": "sudo"})
    assert (found["password"], found["become_pass"], found["asks"]) == ("login", "sudo", True)


def test_the_password_of_the_inventory():
    found = connection(ansible_become_password="of db01")
    assert (found["become_pass"], found["asks"]) == ("of db01", True)


def test_without_a_password_sudo_does_not_ask():
    assert not connection()["asks"]


def test_a_network_that_is_gone_is_noticed():
    found = connection(ansible_ssh_args="-o ControlMaster=auto -o ControlPersist=60s")
    assert "ServerAliveInterval=5" in found["ssh_extra_args"]
    assert "promotion" in found["control_path"]


def test_an_operators_own_interval_is_kept():
    assert "ServerAlive" not in (
        connection(ansible_ssh_common_args="-o ServerAliveInterval=30")["ssh_extra_args"] or ""
    )
