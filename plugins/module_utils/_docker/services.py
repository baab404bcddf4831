# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory says about the services of a stack (C(docker_host_services)). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SERVICES = ("app", "reverb", "queue", "scheduler", "redis", "pgadmin")
_RIGHTS_KEYS = ("cpus", "pids_limit", "capabilities", "read_only", "tmpfs")
_SERVICE_KEYS = ("command", "memory", "healthcheck", "stop_signal", "stop_grace_period", *_RIGHTS_KEYS)
_REDIS_KEYS = (*_SERVICE_KEYS, "maxmemory", "maxmemory_policy")
# What Compose would refuse when the containers are due, or take for something else.
_FORMS = {
    "stop_signal": (re.compile(r"SIG[A-Z0-9+-]+"), "SIGTERM"),
    "stop_grace_period": (re.compile(r"([0-9]+(h|m|s))+"), "90s"),
}

# Those that Linux has, without CAP_: man 7 capabilities.
_CAPABILITIES = """
    AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK
    IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP
    SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME
    SYS_TTY_CONFIG WAKE_ALARM
"""


def problems(services: Mapping[str, Any]) -> list[str]:
    """What the stack has no place for, or would take for something else."""
    reasons = []
    unknown = sorted(set(services) - set(SERVICES))
    if unknown:
        reasons.append(f"docker_host_services: {', '.join(unknown)} is not known, expected {', '.join(SERVICES)}")
    for name, given in services.items():
        expected = _REDIS_KEYS if name == "redis" else _SERVICE_KEYS
        if not isinstance(given, dict):
            reasons.append(
                f"docker_host_services: {name} is {given!r}, expected a dictionary with {', '.join(expected)}"
            )
            continue
        unknown = sorted(set(given) - set(expected))
        if unknown:
            reasons.append(
                f"docker_host_services: {name}: {', '.join(unknown)} is not known, expected {', '.join(expected)}"
            )
        if not isinstance(given.get("command", []), list):
            words = ", ".join(str(given["command"]).split())
            reasons.append(
                f"docker_host_services: {name}: command is a text, expected a list. Write: command: [{words}]"
            )
        for key, (form, example) in _FORMS.items():
            if not form.fullmatch(str(given.get(key, example))):
                reasons.append(
                    f"docker_host_services: {name}: {key} is {given[key]!r}, expected a text such as {example}"
                )
        reasons += [f"docker_host_services: {name}: {reason}" for reason in _rights_problems(given)]
    return reasons


def _rights_problems(given: Mapping[str, Any]) -> Iterator[str]:
    cpus, pids = given.get("cpus", 1), given.get("pids_limit", 1)
    if not _is_number(cpus) or cpus < 0.01:
        yield f"cpus is {cpus!r}, expected a number of processors such as 0.5, without quotation marks"
    if not isinstance(pids, int) or not _is_number(pids) or pids < 1:
        yield f"pids_limit is {pids!r}, expected how many processes and threads it may have, a whole number such as 256"
    if not isinstance(given.get("read_only", True), bool):
        yield f"read_only is {given['read_only']!r}, expected true or false, without quotation marks"
    tmpfs = given.get("tmpfs", [])
    if not isinstance(tmpfs, list) or not all(str(path).startswith("/") for path in tmpfs):
        yield f"tmpfs is {tmpfs!r}, expected a list of directories such as [/tmp, /run]"
    capabilities = given.get("capabilities", [])
    if not isinstance(capabilities, list):
        yield f"capabilities is {capabilities!r}, expected a list such as [CHOWN, SETUID]"
    else:
        unknown = ", ".join(str(each) for each in capabilities if each not in _CAPABILITIES.split())
        if unknown:
            yield f"capabilities: {unknown} is not known, expected names of Linux without CAP_, each by itself, such as SETUID"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
