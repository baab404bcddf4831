# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that cannot connect anywhere, and what they tried."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from support.helpers.checkout import ROOT

NO_SSH = """#!/bin/sh
echo "ssh $*" >>{record}
exit 255
"""
# Python imports this at its start, in whichever program it is.
NO_SOCKET = """
import socket

def refuse(self, address):
    if self.family == socket.AF_UNIX:
        return connect(self, address)
    with open({record!r}, "a") as record:
        print("connect", address, file=record)
    raise ConnectionRefusedError("a test of the inventories must not connect")

connect = socket.socket.connect
socket.socket.connect = socket.socket.connect_ex = refuse
"""


class Offline:
    """Runs programs that have no ssh and no network, and knows what they tried."""

    def __init__(self, directory: Path) -> None:
        self.record = directory / "connections"
        ssh = directory / "ssh"
        ssh.write_text(NO_SSH.format(record=self.record))
        ssh.chmod(0o755)
        (directory / "sitecustomize.py").write_text(NO_SOCKET.format(record=str(self.record)))
        home = directory / "home"
        self.environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_SSH_EXECUTABLE": str(ssh),
            "PYTHONPATH": str(directory),
        }
        # A vault's password is somebody's own; with the examples there is nothing to open.
        for name in ("ANSIBLE_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_IDENTITY_LIST"):
            self.environment.pop(name, None)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def check_inventory(self, *inventories: str | Path) -> subprocess.CompletedProcess[str]:
        return self.run("scripts/env", "python", "scripts/check_inventory.py", *inventories)

    def attempts(self) -> str:
        return self.record.read_text() if self.record.exists() else ""
