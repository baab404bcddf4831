# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs from files that were replaced since it began: services, and the kernel."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from ansible_collections.plannerate.infra.plugins.module_utils._machine import updates

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

REBOOT_FILE = "/run/reboot-required"
BOOT = "/boot"


def main_pid(module: AnsibleModule, service: str) -> int:
    code, output, _error = module.run_command(["systemctl", "show", "--property=MainPID", "--value", service])
    return int(output.strip() or 0) if code == 0 else 0


def outdated(module: AnsibleModule) -> list[str]:
    found = []
    for service in module.params["services"]:
        pid = main_pid(module, service)
        try:
            with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
                if pid and updates.runs_replaced_files(file.read()):
                    found.append(service)
        except OSError:
            # It has ended, or never ran.
            continue
    return found


def reboot_reasons(module: AnsibleModule) -> list[str]:
    reasons = []
    if os.path.exists(REBOOT_FILE):
        packages: list[str] = []
        if os.path.exists(f"{REBOOT_FILE}.pkgs"):
            with open(f"{REBOOT_FILE}.pkgs", encoding="utf-8") as file:
                packages = sorted(set(file.read().split()))
        reasons.append(f"{REBOOT_FILE} is there" + (f" ({', '.join(packages)})" if packages else ""))
    # A container runs with its host's kernel.
    if module.run_command(["systemd-detect-virt", "--container", "--quiet"])[0]:
        running = os.uname().release
        newest = updates.newer_kernel(running, [os.path.basename(path) for path in glob.glob(f"{BOOT}/vmlinuz-*")])
        if newest:
            reasons.append(f"kernel {running} runs, {newest} is installed")
        elif replaced_since_boot(f"{BOOT}/vmlinuz-{running}"):
            reasons.append(f"kernel {running} was replaced since it began")
    return reasons


def replaced_since_boot(path: str) -> bool:
    """A newer version of the same release has the same name. When its file came is in its ctime: dpkg sets the other time."""
    try:
        return os.stat(path).st_ctime > boot_time()
    except FileNotFoundError:
        return False


def boot_time() -> int:
    with open("/proc/stat", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("btime "))
