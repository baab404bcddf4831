# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make logs` asks the log server by SSH as Ansible connects, and what is asked is never a part of a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from support.helpers.checkout import ROOT


def logs(tmp_path, hosts, **query):
    """What ssh is called with, or what is said instead."""
    (tmp_path / "hosts.json").write_text(json.dumps(hosts))
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    ssh.chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{ssh.parent}:{os.environ['PATH']}",
        **{f"LOGS_{name}": value for name, value in query.items()},
    }
    done = subprocess.run(
        [sys.executable, "scripts/logs.py", "-i", str(tmp_path / "hosts.json")],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


SERVER = {"ansible_host": "192.0.2.1", "ansible_port": 2222, "ansible_user": "ops", "ansible_ssh_private_key_file": "/k",
          "ansible_ssh_common_args": "-J jump"}  # fmt: skip


def test_ssh_is_called_as_ansible_does(tmp_path):
    hosts = {"machines": {"hosts": {"app01": SERVER}}, "log_servers": {"hosts": {"app01": None}}}
    words = logs(tmp_path, hosts, QUERY="'; reboot; echo '", SINCE="2h", FOLLOW="1")
    for pair in (["-J", "jump"], ["-p", "2222"], ["-l", "ops"], ["-i", "/k"]):
        assert pair in [words[index : index + 2] for index in range(len(words))], words
    assert words[-2:] == ["192.0.2.1", """plannerate-logs --since=2h --follow -- ''"'"'; reboot; echo '"'"''"""]


def test_an_inventory_without_a_log_server_is_told(tmp_path):
    assert "Found no host in the group log_servers" in logs(tmp_path, {"machines": {"hosts": {"app01": SERVER}}})
