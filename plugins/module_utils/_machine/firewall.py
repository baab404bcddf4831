# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall's rules of one purpose: which are missing, and which are no longer wanted. Pure.

The purpose is a rule's comment. Rules of other purposes, and rules without one, are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypedDict


class Rule(TypedDict):
    """TCP is allowed from an address, a network or C(any) to ports such as C(5432,5433)."""

    ports: str
    source: str


class Plan(TypedDict):
    """``ports`` of every wanted rule, ``missing`` sources, and rules that are ``stale``."""

    ports: str
    missing: list[str]
    stale: list[Rule]


def plan(status: str, purpose: str, ports: Iterable[int | str], sources: Iterable[str]) -> Plan:
    """What has to change so that for this purpose each source may reach all of the ports, and nobody else may.

    :arg status: output of C(ufw status).
    """
    listed = ",".join(map(str, sorted({int(port) for port in ports})))
    wanted: list[Rule] = [{"ports": listed, "source": source} for source in dict.fromkeys(sources)]
    present = rules(status, purpose)
    return {
        "ports": listed,
        "missing": [rule["source"] for rule in wanted if rule not in present],
        "stale": [rule for rule in present if rule not in wanted],
    }


def rules(status: str, purpose: str) -> list[Rule]:
    """The rules of a purpose in the output of C(ufw status), without those that it adds for IPv6 by itself, marked (v6)."""
    # PORTS/tcp  ALLOW  SOURCE  # PURPOSE
    line = re.compile(rf"^([0-9,]+)/tcp +ALLOW +(?:IN +)?(\S+) +# {re.escape(purpose)}$", re.MULTILINE)
    return [
        {"ports": ports, "source": "any" if source == "Anywhere" else source} for ports, source in line.findall(status)
    ]
