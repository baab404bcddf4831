# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of primary that is killed before its N-th command on a real machine of the lab.

Takes a job as JSON on standard input: params (the module's options), ssh (a command for each machine), after (N). Exits with 9 when
it died, with 0 and the result when it came to its end before that. Nothing of the program under test is replaced but the way to
the machine.
"""

from __future__ import annotations

import json
import os
import shlex
import sys

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import Machine, run_here
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.run import carry_out


class DyingMachine(Machine):
    left = 0

    def __init__(self, name, ssh):
        super().__init__(name)
        self.ssh = ssh

    def execute(self, argv, seconds):
        if DyingMachine.left == 0:
            # As SIGKILL would: no handler runs, nothing is tidied up.
            os._exit(9)
        DyingMachine.left -= 1
        return run_here([*self.ssh, f"sudo {shlex.join(argv)}"], seconds)


def main():
    job = json.load(sys.stdin)
    DyingMachine.left = job["after"]
    result = carry_out(job["params"], {name: DyingMachine(name, ssh) for name, ssh in job["ssh"].items()}, False)
    print(json.dumps(result))
    return 1 if result.get("failed") else 0


sys.exit(main())
