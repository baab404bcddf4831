# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment by key is one command of ssh, with the pinned host key and the given key alone; nothing else gets into that command."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
KNOWN_HOSTS = "203.0.113.7 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBY7PXOuzCOym2Uipin/1N0gGYkY0+W4N9pm8VuxpUmL"
DIGEST = "sha256:" + "0123456789abcdef" * 4
ADDRESS = "deploy-key-staging@203.0.113.7"


@pytest.fixture
def deploy(tmp_path):
    """A function that runs the target: exit code, output, and the arguments of ssh, which ends with 1 as after a gate."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/said\nexit 1\n')
    ssh.chmod(0o755)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    secrets = {"SSH_PRIVATE_KEY": (tmp_path / "key").read_text(), "SSH_KNOWN_HOSTS": KNOWN_HOSTS}

    def run(**given):
        env = {
            **os.environ,
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "DEPLOY_TO": ADDRESS,
            "RELEASE": DIGEST,
            **secrets,
            **given,
        }
        done = subprocess.run(["make", "deploy-by-key"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        said = (tmp_path / "said").read_text().splitlines() if (tmp_path / "said").exists() else []
        return done.returncode, done.stdout + done.stderr, said

    return run


def test_it_is_one_command_by_the_pinned_key_and_its_code_is_the_machines(deploy):
    code, _said, command = deploy()
    assert code and command[-2:] == [f"ssh://{ADDRESS}", f"deploy {DIGEST}"]
    options = [command[number + 1] for number, word in enumerate(command) if word == "-o"]
    assert {"StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "BatchMode=yes"} <= set(options)
    assert [option.startswith("UserKnownHostsFile=/") for option in options].count(True) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"RELEASE": ""}, {"RELEASE": "1.0; id"}, {"RELEASE": "-1"}, {"RELEASE": "1.0\n"}, {"DEPLOY_TO": ""}, {"DEPLOY_TO": "203.0.113.7"},
        {"DEPLOY_TO": "-oProxyCommand=id@x"}, {"DEPLOY_TO": "a@-oProxyCommand=id"}, {"DEPLOY_TO": "a@b c"}, {"DEPLOY_TO": "a@b:22:1"},
        {"SSH_KNOWN_HOSTS": ""}, {"SSH_PRIVATE_KEY": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_as_it_has_to_be_is_told_and_nothing_connects(deploy, given):
    code, said, command = deploy(**given)
    ((name, _value),) = given.items()
    assert code and command == [] and name in said and "Expected " in said
