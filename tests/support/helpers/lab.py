# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: its machines, its members, and the project's own commands run against it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import testinfra
from support.helpers.checkout import ROOT

from ansible_collections.plannerate.infra.plugins.module_utils._files import pending

INVENTORIES = ROOT / "molecule" / "default" / "inventory"
ADDRESSES = {"app01": "198.18.0.11", "db01": "198.18.0.12", "outsider": "198.18.0.19", "s3": "198.18.0.14"}
DB01 = ADDRESSES["db01"]
PORTS = {"pg-main": 5432, "pg-replica1": 5433, "pg-replica2": 5434}
DATABASE, OWNER = "plannerate_production", "plannerate_prod"

T = TypeVar("T")
# testinfra finds its modules by their names at run time, which no type checker follows.
Host = Any


def playbook(
    name: str,
    *arguments: str,
    inventory: str | Path = "production",
    variables: dict[str, Any] | None = None,
    timeout: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Runs a playbook against the lab and gives the finished process; its output is in stdout.

    :arg inventory: one of the lab's two by its name, or the path of a scenario's own.
    """
    command = ["ansible-playbook", f"--inventory={INVENTORIES / inventory}", f"playbooks/{name}.yml", *arguments]
    if variables:
        command.append(f"--extra-vars={json.dumps(variables)}")
    return subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False
    )


def changed(output: str) -> int:
    """The sum of the changed tasks in a recap."""
    return sum(int(part.split("=")[1]) for part in output.split() if part.startswith("changed="))


class Cluster:
    """The PostgreSQL servers of one machine: their administrator's SQL, and the collection's modules run on them."""

    def __init__(self, host: str, address: str, inventory: Path = INVENTORIES / "production") -> None:
        self.host = host
        self.inventory = inventory
        self.machine = over_ssh(address)

    def sql(self, sql: str, port: int = 5432, database: str = "postgres") -> str:
        return self.machine.check_output(
            f"runuser -u postgres -- psql -XAtq --port={port} --dbname={database} --command={shlex.quote(sql)}"
        )

    def module(self, name: str, check: bool = False, **arguments: Any) -> tuple[bool, dict[str, Any]]:
        """(whether it succeeded, result) of a module of the collection, run as postgres over the socket."""
        arguments = {"login_unix_socket": "/var/run/postgresql", **arguments}
        command = [
            "ansible",
            self.host,
            f"--inventory={self.inventory}",
            f"--module-name=plannerate.infra.{name}",
            f"--args={json.dumps(arguments)}",
            "--become",
            "--become-user=postgres",
            *(["--check", "--diff"] if check else []),
        ]
        environment = {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**os.environ, **environment},
        )
        result = json.loads(done.stdout[done.stdout.index("{") :])["plays"][0]["tasks"][0]["hosts"][self.host]
        return not result.get("failed"), result


def wait_for(
    condition: Callable[[], T],
    timeout: float = 30,
    what: str = "the condition",
    found: Callable[[], object] = lambda: "",
    every: float = 0.3,
) -> T:
    """Polls until the condition gives something true, which is returned.

    :arg found: tells what stands in its place when it does not come true.
    :arg every: seconds between two polls.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout} s {found()}".rstrip()
        time.sleep(every)


def over_ssh(address: str) -> Host:
    """A machine of the lab as root, over SSH with its host key checked, as Ansible reaches it."""
    directory = ROOT / ".cache" / "lab"
    return testinfra.get_host(
        f"ssh://ops@{address}",
        ssh_identity_file=str(directory / "id_ed25519"),
        ssh_extra_args=f"-F none -o UserKnownHostsFile={directory / 'known_hosts'} -o StrictHostKeyChecking=yes",
        sudo=True,
    )


def inside(name: str) -> Host:
    """A machine of the lab as root, through its container: one whose SSH or sudo is not as the lab's."""
    return testinfra.get_host(f"docker://plannerate-lab-{name}")


def answers(address: str) -> bool:
    """Whether a machine of the lab lets in over SSH."""
    try:
        return over_ssh(address).run("true").rc == 0
    except RuntimeError:
        return False


def leave_pending(machine: Host, name: str, *paths: str) -> str:
    """As a run leaves it that was killed after it had written these files of a set, and before they were loaded. Returns where."""
    file = f"{pending.DIRECTORY}/{name}"
    machine.check_output(
        f"install -d -m 0700 {os.path.dirname(file)} && printf '%s' {shlex.quote(json.dumps(paths))} >{file}"
    )
    return file


def started_at(machine: Host, unit: str) -> str:
    """When systemd started, or restarted, a unit."""
    return machine.check_output(f"systemctl show --property=ActiveEnterTimestampMonotonic --value {unit}")
