#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: machine_updates
short_description: Upgrades packages of a Debian or Ubuntu machine without restarting their services
version_added: 0.1.0
description:
  - Says which of the named packages apt would upgrade, which of them wait and why, which services run from files that were replaced
    since they began, and whether the machine has to reboot.
  - With O(state=upgraded) upgrades exactly these packages, and what they need for it. Configuration files stay as they are. No service is
    stopped or started meanwhile, not by a package's own scripts either, which would stop every PostgreSQL cluster of the machine at once;
    RV(outdated_services) then says what has to be restarted.
  - An upgrade that would remove a package is left out. What an interrupted dpkg left is finished first.
options:
  packages:
    description: Names of packages, which may have wildcards as those of files. Packages that are not installed are not looked at.
    type: list
    elements: str
    required: true
  services:
    description: Units of systemd that are to be looked at. Those that do not run are left out.
    type: list
    elements: str
    default: []
  refresh:
    description: Whether to refresh the package lists first. That is no change of the machine, and is done in check mode too.
    type: bool
    default: false
  state:
    description: V(listed) changes nothing. V(upgraded) upgrades.
    type: str
    choices: [listed, upgraded]
    default: listed
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: debian
notes:
  - Needs root.
  - Refuses to upgrade where C(/usr/sbin/policy-rc.d) is somebody else's.
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Upgrade PostgreSQL, and leave its servers running
  plannerate.infra.machine_updates:
    packages: ["postgresql-15", "postgresql-client-15", "postgresql-common"]
    services: ["postgresql@15-main"]
    state: upgraded
  become: true
"""

RETURN = r"""
updates:
  description: What would be upgraded, or was; with the packages that come along. C(installed) is null for one that is new.
  type: list
  elements: dict
  returned: success
  sample: [{name: postgresql-15, installed: 15.14-0+deb12u1, candidate: 15.15-0+deb12u1}]
waiting:
  description: Packages of which there is a newer version that is not installed, and why not.
  type: list
  elements: dict
  returned: success
  sample: [{name: docker.io, installed: 26.1.5, candidate: 26.1.6, reason: held on the machine (apt-mark unhold)}]
outdated_services:
  description: Those of O(services) that run from files that were replaced since.
  type: list
  elements: str
  returned: success
  sample: ["postgresql@15-main"]
interrupted:
  description: Whether dpkg was interrupted and packages are half installed; with O(state=upgraded), whether that was finished.
  type: bool
  returned: success
  sample: false
reboot:
  description: Why the machine has to reboot; empty where it has not.
  type: list
  elements: str
  returned: success
  sample: ["kernel 6.1.0-28-amd64 runs, 6.1.0-31-amd64 is installed"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._machine import service_policy, updates
from ansible_collections.plannerate.infra.plugins.module_utils._machine.apt import APT, Apt
from ansible_collections.plannerate.infra.plugins.module_utils._machine.running import outdated, reboot_reasons


def upgrade(module: AnsibleModule, apt: Apt, interrupted: bool) -> tuple[list[updates.Update], list[dict[str, Any]]]:
    """What was upgraded, and what waits."""
    try:
        with service_policy.services_kept() as lock:
            apt.lock = [lock]
            if interrupted:
                apt.run("dpkg", "--force-confdef", "--force-confold", "--configure", "--pending")
            # A half installed package counts as none that can be upgraded until then.
            changes, waiting, names = apt.plan()
            if names:
                apt.run(*APT, "--only-upgrade", "install", *names)
            return changes, waiting
    except service_policy.Busy as found:
        module.fail_json(
            msg=f"another run of this module, or an apt that one left behind, still upgrades packages here ({found} is locked). Nothing "
            "was upgraded. Wait until it has ended, then run this again"
        )
    except service_policy.ForeignPolicy as found:
        module.fail_json(
            msg=f"{found} is there and not this module's, so it is not known which services it keeps from restarting. Nothing was "
            "upgraded. Expected none: move it away, then run this again"
        )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "list", "elements": "str", "required": True},
            "services": {"type": "list", "elements": "str", "default": []},
            "refresh": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["listed", "upgraded"], "default": "listed"},
        },
        supports_check_mode=True,
    )
    apt = Apt(module)
    if module.params["refresh"]:
        apt.refresh()
    wanted = module.params["state"] == "upgraded"
    interrupted = bool(apt.ask("dpkg", "--audit").strip())
    changes, waiting, _names = apt.plan()
    changed = wanted and bool(changes or interrupted)
    if changed and not module.check_mode:
        changes, waiting = upgrade(module, apt, interrupted)
    elif wanted and not module.check_mode:
        service_policy.clean_up()
    module.exit_json(
        changed=changed,
        updates=changes,
        waiting=waiting,
        outdated_services=outdated(module),
        interrupted=interrupted,
        reboot=reboot_reasons(module),
        diff={
            "before": "".join(f"{each['name']} {each['installed'] or 'absent'}\n" for each in changes if wanted),
            "after": "".join(f"{each['name']} {each['candidate']}\n" for each in changes if wanted),
        },
    )


if __name__ == "__main__":
    main()
