# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine's programs print about its sockets and its packages. Pure."""

from __future__ import annotations

import re
from typing import TypedDict


class Listening(TypedDict):
    address: str
    port: int
    program: str


def listening(text: str) -> list[Listening]:
    """From C(ss -Hltnp)."""
    found: list[Listening] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 5 or words[0] != "LISTEN":
            continue
        address, _colon, port = words[3].rpartition(":")
        program = re.search(r'users:\(\("([^"]+)"', line)
        found.append(
            {
                "address": address.strip("[]").partition("%")[0],
                "port": int(port),
                "program": program[1] if program else "?",
            }
        )
    return sorted(found, key=lambda one: (one["port"], one["address"]))


def is_loopback(address: str) -> bool:
    return address == "::1" or address.startswith(("127.", "::ffff:127."))


def security_updates(text: str) -> list[str]:
    """Packages that C(apt-get --simulate upgrade) would take from the distribution's security archive."""
    return sorted({match[1] for match in re.finditer(r"^Inst (\S+) .*\(\S+ [^)]*[Ss]ecurity", text, re.MULTILINE)})
