# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory says about the services of a stack (C(docker_host_services)). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SERVICES = ("app", "reverb", "queue", "scheduler", "redis", "pgadmin")
_SERVICE_KEYS = ("command", "memory", "healthcheck", "stop_signal", "stop_grace_period")
_REDIS_KEYS = (*_SERVICE_KEYS, "maxmemory", "maxmemory_policy")
# What Compose would refuse when the containers are due, or take for something else.
_FORMS = {
    "stop_signal": (re.compile(r"SIG[A-Z0-9+-]+"), "SIGTERM"),
    "stop_grace_period": (re.compile(r"([0-9]+(h|m|s))+"), "90s"),
}


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
    return reasons
