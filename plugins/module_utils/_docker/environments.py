# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory says about the environments of a Docker host (C(docker_host_environments)). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_ENTRY_KEYS = ("domain", "suffix", "wildcard", "pgadmin_host")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")

# An environment as the inventory has it: anything may stand there until it was checked.
Environment = Any


def unknown_environment(own: object, environments: Iterable[object]) -> list[str]:
    """An inventory whose environment is none of those of the machine. YAML reads some names as numbers."""
    names = [str(name) for name in environments]
    if str(own) in names:
        return []
    return [
        f"docker_host_environment is '{own}', expected one of docker_host_environments ({', '.join(names) or 'none'})"
    ]


def problems(environments: Mapping[str, Environment], own: str) -> list[str]:
    reasons = []
    owners: dict[tuple[str, str], str] = {}
    reasons += unknown_environment(own, environments)
    for name, entry in environments.items():
        where = f"docker_host_environments: {name}"
        if not _NAME.fullmatch(str(name)) or name == "traefik":
            reasons.append(f"{where}: the name becomes a directory beside traefik's, expected a-z, 0-9 and - only")
        if not isinstance(entry, dict) or not _DOMAIN.fullmatch(str(entry.get("domain", ""))):
            reasons.append(f"{where}: domain is missing or is not a domain name")
            continue
        unknown = sorted(set(entry) - set(_ENTRY_KEYS))
        if unknown:
            reasons.append(f"{where}: {', '.join(unknown)} is not known, expected {', '.join(_ENTRY_KEYS)}")
        # A text counts as true.
        if not isinstance(entry.get("wildcard", True), bool):
            reasons.append(
                f"{where}: wildcard is {entry['wildcard']!r}, expected true or false, without quotation marks"
            )
        for key, value in (("domain", entry["domain"]), ("suffix", entry.get("suffix", name))):
            other = owners.setdefault((key, value), name)
            if other != name:
                reasons.append(f"{where}: {key} {value} is already {other}'s")
    return reasons
