# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between the collection's code and the servers of a test: machines whose way can be cut, and where sockets are."""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ansible_collections.plannerate.infra.plugins.module_utils import _promotion
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.reader import InstanceReader, MemberOption
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import Answer, Machine, run_here

if TYPE_CHECKING:
    from support.helpers.servers import Servers


class MachineOfServers(Machine):
    """A machine whose servers are those of a test. Its scripts run here."""

    def __init__(self, name: str, servers: Servers) -> None:
        super().__init__(name)
        self.servers = servers

    def run(self, script: str, seconds: float = 10) -> Answer:
        self.servers.before(self.name, script)
        if self.name in self.servers.stuck and "systemctl" in script:
            return Answer(self.TIMED_OUT[0], "", "")
        return super().run(script, seconds)

    def execute(self, argv: list[str], seconds: float) -> tuple[int, str, str]:
        cut = 255, "", f"the connection to {self.name} failed: it was cut"
        if self.name in self.servers.unreachable:
            return cut
        answer = run_here(argv, seconds, self.servers.environment)
        # What ran on while the way was cut has no answer.
        return cut if self.name in self.servers.unreachable else answer


class ModuleOfServers:
    """As much of Ansible's module as discovery uses."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def run_command(
        self, command: Sequence[str], cwd: str | None = None, environ_update: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**self.environment, **(environ_update or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def get_bin_path(self, program: str) -> str | None:
        return shutil.which(program)


def discovered(environment: Mapping[str, str], timeout: int, member: MemberOption) -> Instance:
    return InstanceReader(cast(Any, ModuleOfServers(environment)), member, timeout).read()


def use_sockets(directory: Path, replace: Callable[[object, str, object], None]) -> None:
    """Lets the code under test find the servers' sockets and logs here, as it finds them in /var elsewhere.

    :arg replace: replaces an attribute, such as monkeypatch.setattr.
    """
    for found in pkgutil.iter_modules(_promotion.__path__, f"{_promotion.__name__}."):
        module = importlib.import_module(found.name)
        if hasattr(module, "SOCKETS"):
            replace(module, "SOCKETS", str(directory))
        if hasattr(module, "LOGS"):
            replace(module, "LOGS", str(directory.parent / "data"))
