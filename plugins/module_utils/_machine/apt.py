# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine's package manager, asked and told through a module's commands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn

from ansible_collections.plannerate.infra.plugins.module_utils._machine import service_policy, updates
from ansible_collections.plannerate.infra.plugins.module_utils._machine.packages import installed

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# Waits for somebody else's apt, and never decides for the operator.
APT = [
    "apt-get",
    "--yes",
    "--no-install-recommends",
    "--no-remove",
    "--option=Dpkg::Options::=--force-confdef",
    "--option=Dpkg::Options::=--force-confold",
    "--option=DPkg::Lock::Timeout=120",
]

SIMULATE = ["apt-get", "--simulate", "--no-install-recommends", "--only-upgrade", "install"]
# An archive that does not answer at once is asked again.
REFRESH = ["apt-get", "--quiet", "--option=DPkg::Lock::Timeout=120", "update", "--error-on=any"]
REFRESHES = 3
PAUSE = 5


class Apt:
    """The machine's package manager."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.lock: list[int] = []

    def ask(self, *command: str) -> str:
        code, output, error = self.module.run_command(list(command), environ_update={"LC_ALL": "C"})
        if code:
            self.fail(command, code, output, error)
        return output

    def run(self, *command: str) -> None:
        code, output, error = self.module.run_command(
            list(command), environ_update=service_policy.ENVIRONMENT, pass_fds=self.lock
        )
        if code:
            self.fail(command, code, output, error)

    def fail(self, command: tuple[str, ...], code: int, output: str, error: str) -> NoReturn:
        self.module.fail_json(
            msg=f"{' '.join(command[:1])} ended with {code}: {' '.join((error or output).split())}. Every service still runs as before. "
            "See what it says by hand, then run this again",
            rc=code,
            stdout=output,
            stderr=error,
        )

    def refresh(self) -> None:
        for _try in range(REFRESHES - 1):
            if not self.module.run_command(REFRESH)[0]:
                return
            time.sleep(PAUSE)
        self.ask(*REFRESH)

    def matching(self) -> list[str]:
        listed = self.ask("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n")
        return updates.matching(installed(listed.splitlines()), self.module.params["packages"])

    def simulate(self, names: list[str]) -> updates.Simulation:
        return updates.simulation(self.ask(*SIMULATE, *names))

    def plan(self) -> tuple[list[updates.Update], list[dict[str, Any]], list[str]]:
        """What is upgraded, what waits, and the packages to name for it as C(name=version)."""
        names = self.matching()
        found = updates.policies(self.ask("apt-cache", "policy", *names)) if names else {}
        held = self.ask("apt-mark", "showhold").split()
        able, waiting = [], []
        for name in updates.newer(found):
            reason = updates.why_not(name, found[name], held) or self.why_not_alone(name)
            if reason:
                waiting.append(
                    {
                        "name": name,
                        "installed": found[name]["installed"],
                        "candidate": found[name]["candidate"],
                        "reason": reason,
                    }
                )
            else:
                able.append(f"{name}={found[name]['candidate']}")
        return (self.simulate(able)["updates"] if able else []), waiting, able

    def why_not_alone(self, name: str) -> str | None:
        # A yes that would be needed for more, such as for an older version, is an error.
        code, output, error = self.module.run_command([*SIMULATE, "--yes", name], environ_update={"LC_ALL": "C"})
        if code:
            return f"apt-get cannot upgrade it: {' '.join((error or output).split())}"
        removed = updates.simulation(output)["removed"]
        return f"it would remove {', '.join(removed)}" if removed else None
