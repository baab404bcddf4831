# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe of role machine found. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import TypedDict

# Who runs playbooks from more places than these is no longer sure not to be banned at the oldest of them.
MOST_CONTROLLERS = 10


class Found(TypedDict):
    """``sshd``: its settings by their names; empty where there is none. ``sshd_file``: checksum of the role's part of them, or "".
    ``controllers``: addresses from which runs came, this one's among them where it is to be remembered. ``bans``: whether fail2ban runs.
    ``unproven``: whether a run ended before a new connection proved what it had changed. ``container``: its kind, or ""."""

    sshd: dict[str, str]
    sshd_file: str
    controllers: list[str]
    bans: bool
    unproven: bool
    container: str


def found(said: str, remember: bool) -> Found:
    """:arg said: what the probe printed.
    :arg remember: whether this run's address becomes one of those that are never banned.
    """

    def one(name: str) -> str:
        match = re.search(rf"^{name}: (.*)$", said, re.MULTILINE)
        return match[1].strip() if match else ""

    container = one("container")
    return {
        "sshd": dict(re.findall(r"^sshd: (\S+) (.*)$", said, re.MULTILINE)),
        "sshd_file": one("sshd file"),
        "controllers": _controllers(
            _address(one("controller")) if remember else "",
            [each for each in map(_address, one("controllers").split()) if each],
        ),
        "bans": one("fail2ban") == "active",
        "unproven": one("unproven") == "yes",
        "container": "" if container == "none" else container,
    }


def _controllers(controller: str, known: list[str]) -> list[str]:
    """The newest first. A list that has this run's stays as it is, so that nothing changes."""
    return known if not controller or controller in known else [controller, *known][:MOST_CONTROLLERS]


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""
