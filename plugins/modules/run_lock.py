#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_lock
short_description: Lets one run of Ansible at a time change a machine
version_added: 0.1.0
description:
  - Takes or gives back locks on the machine. A lock has a name, such as C(cluster), and belongs to a run of C(ansible-playbook).
  - A run that finds a lock of another one fails and says whose it is, what that one runs and since when, and how to break it.
  - A lock expires when its run has changed nothing for O(seconds), and at once where the run was on the same controller and its process
    is gone.
  - While a run has locks, M(plannerate.infra.file_set) renews them each time, and refuses where another run took them since.
options:
  names:
    description: Names of the locks.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(taken), this run has the locks. Taking them again renews them, and fails where they were lost to another run.
      - V(released), this run has them no longer. Those of other runs stay.
      - V(broken), the run that O(broken) names has them no longer.
    type: str
    choices: [taken, released, broken]
    default: taken
  broken:
    description: The run whose locks are broken, as the refusal names it.
    type: str
  seconds:
    description: How long the locks last after the last change, in seconds.
    type: int
    default: 1800
  wait:
    description: How long to wait for another run to end, in seconds.
    type: int
    default: 10
  holder:
    description: This run. Set by the action plugin.
    type: dict
    required: true
  machine:
    description: How the inventory calls the machine, for messages.
    type: str
    default: this machine
  ended:
    description: A run that is known to have ended. Set by the action plugin.
    type: dict
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Takes no lock, and is not refused.
  diff_mode:
    support: none
  platform:
    platforms: posix
notes:
  - Needs root. The locks are in C(/var/lib/plannerate/locks).
seealso:
  - module: plannerate.infra.file_set
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Let nobody else change the cluster meanwhile
  plannerate.infra.run_lock:
    names: [cluster]

- name: Let others change it again
  plannerate.infra.run_lock:
    names: [cluster]
    state: released
"""

RETURN = r"""
locks:
  description: The locks as they are now. Times are seconds since 1970 by the machine's clock.
  type: list
  elements: dict
  returned: success
  sample:
    - name: cluster
      holder: {user: ana, host: laptop, controller: '', process: 4711, began: 123456.0, command: '', reason: site.yml}
      since: 1795681678.4
      expires: 1795683478.4
      state: held
      before: []
refused:
  description: Whether another run has a lock, or this one lost it.
  type: bool
  returned: when it fails for that
held_by:
  description: The run that has a lock.
  type: dict
  returned: when another run has it
  sample:
    {user: ana, host: laptop, controller: '', process: 4711, began: 123456.0, command: '', reason: site.yml}
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import lock as locks
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import said


def take(module: AnsibleModule) -> None:
    """All or none, in the order in which every run takes them."""
    params = module.params
    deadline = time.monotonic() + params["wait"]
    took: list[str] = []
    for name in sorted(params["names"]):
        while True:
            try:
                if locks.take(name, params["holder"], params["seconds"], time.time(), params["ended"]):
                    took.append(name)
                break
            except locks.Held as problem:
                if time.monotonic() < deadline:
                    time.sleep(1)
                    continue
                for each in took:
                    locks.give_up(each, params["holder"])
                message = said.held(problem.lock, params["machine"], time.time())
                module.fail_json(msg=message, refused=True, held_by=problem.lock["holder"], invocation={})


def break_it(name: str, run: str) -> bool:
    """Whether that run had the lock."""
    lock = locks.read(name)
    return bool(lock and said.who(lock["holder"]) == run and locks.give_up(name, lock["holder"], "broken"))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": ["taken", "released", "broken"], "default": "taken"},
            "broken": {"type": "str"},
            "seconds": {"type": "int", "default": 1800},
            "wait": {"type": "int", "default": 10},
            "holder": {"type": "dict", "required": True},
            "machine": {"type": "str", "default": "this machine"},
            "ended": {"type": "dict"},
        },
        required_if=[("state", "broken", ["broken"])],
        supports_check_mode=True,
    )
    params = module.params
    changed = False
    try:
        if not module.check_mode:
            if params["state"] == "taken":
                # A lock is no change of the machine.
                take(module)
            elif params["state"] == "released":
                for name in params["names"]:
                    locks.give_up(name, params["holder"])
            else:
                for name in params["names"]:
                    changed |= break_it(name, params["broken"])
        found = [lock for name in params["names"] if (lock := locks.read(name))]
        module.exit_json(changed=changed, locks=found, invocation={})
    except locks.Lost as problem:
        module.fail_json(msg=said.lost(problem.lock, params["machine"]), refused=True, invocation={})
    except ValueError as problem:
        module.fail_json(msg=str(problem))
    except OSError as problem:
        # A disk that is full is a reason for a failover, and none against it.
        module.warn(f"{params['machine']} has no lock, so another run may change it too: {problem}")
        module.exit_json(changed=False, locks=[], invocation={})


if __name__ == "__main__":
    main()
