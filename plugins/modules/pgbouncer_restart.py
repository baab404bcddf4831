#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pgbouncer_restart
short_description: Restarts a PgBouncer between the transactions of its clients
version_added: 0.1.0
description:
  - Lets the transactions of all pools end, then restarts PgBouncer. No transaction is cut off.
  - Clients of session pools would lose their sessions, so with some it refuses, unless O(break_sessions).
  - Its clients lose their connections and connect again; for a moment nobody can.
  - With O(state=paused) it only lets the transactions end, for a machine that reboots now.
  - Where a transaction does not end in O(pause_timeout), everything goes on as before, and the task fails. A timer of systemd
    (C(pgbouncer-resume.timer)) resumes the pools even if whoever paused them is gone.
options:
  state:
    description: V(paused) leaves it paused, and running. Where the machine does not reboot, the timer resumes the pools after a minute.
    type: str
    choices: [restarted, paused]
    default: restarted
  port:
    description: Its port, which names its Unix socket too.
    type: int
    default: 6432
  machine:
    description: How the inventory calls the machine, for messages.
    type: str
    default: this machine
  pause_timeout:
    description: How long open transactions may take to end, in seconds.
    type: int
    default: 10
  break_sessions:
    description: Whether clients of session pools may lose their sessions. These pools are not paused, since they never would be.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
notes:
  - Needs root.
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Restart PgBouncer for its new version
  plannerate.infra.pgbouncer_restart:
  become: true
"""

RETURN = r"""
pools:
  description: The pools whose transactions were waited for.
  type: list
  elements: str
  returned: success
  sample: [shop, shop_ro]
seconds:
  description: From the beginning of the pause until PgBouncer answered again.
  type: float
  returned: success, with O(state=restarted), and not in check mode
  sample: 0.4
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import LocalMachine, StepFailed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.pooler import Pooler
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.switchover_plan import session_errors

# Seconds that systemd and PgBouncer may take for the restart.
RESTART_SECONDS = 20
# Seconds until a machine that reboots is about to stop its services.
REBOOT_SECONDS = 60


def pause(pooler: Pooler, pools: list[str], pause_timeout: int, paused_for: int) -> None:
    """:raises StepFailed: with PgBouncer as it was if it could not be paused."""
    pooler.arm(pools, pause_timeout + paused_for)
    try:
        pooler.pause(pools, pause_timeout)
    except StepFailed as problem:
        pooler.resume()
        raise StepFailed(f"{problem}. PgBouncer was not restarted, and is not paused") from problem


def restart(pooler: Pooler, pools: list[str], pause_timeout: int) -> float:
    """Seconds that it took. Raises what :func:`pause` does."""
    began = time.monotonic()
    pause(pooler, pools, pause_timeout, RESTART_SECONDS)
    pooler.machine.check("restarting PgBouncer", "systemctl restart pgbouncer.service", RESTART_SECONDS)
    pooler.pool_names()
    seconds = time.monotonic() - began
    pooler.disarm()
    return round(seconds, 2)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["restarted", "paused"], "default": "restarted"},
            "port": {"type": "int", "default": 6432},
            "machine": {"type": "str", "default": "this machine"},
            "pause_timeout": {"type": "int", "default": 10},
            "break_sessions": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    pooler = Pooler({"machine": params["machine"], "port": params["port"]}, LocalMachine(params["machine"]), None)
    try:
        found = pooler.survey()["pools"]
        errors = session_errors(found, params)
        if errors:
            raise StepFailed(f"{errors[0]}. PgBouncer was not restarted")
        pools = [pool["name"] for pool in found if not (pool["mode"] == "session" and pool["clients"])]
        if module.check_mode:
            module.exit_json(changed=True, pools=pools)
        if params["state"] == "paused":
            pause(pooler, pools, params["pause_timeout"], REBOOT_SECONDS)
            module.exit_json(changed=True, pools=pools)
        module.exit_json(changed=True, pools=pools, seconds=restart(pooler, pools, params["pause_timeout"]))
    except StepFailed as problem:
        module.fail_json(msg=str(problem))


if __name__ == "__main__":
    main()
