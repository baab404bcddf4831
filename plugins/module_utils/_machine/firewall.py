# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall's rules of one purpose: which are missing, and which are no longer wanted. Pure.

The purpose is a rule's comment. Rules of other purposes, and rules without one, are not looked at.
"""

from __future__ import annotations

import ipaddress
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
    wanted = {as_printed(source): source for source in sources}
    present = rules(status, purpose)
    allowed = [rule["source"] for rule in present if rule["ports"] == listed]
    return {
        "ports": listed,
        "missing": [source for printed, source in wanted.items() if printed not in allowed],
        "stale": [rule for rule in present if rule["ports"] != listed or rule["source"] not in wanted],
    }


def rules(status: str, purpose: str) -> list[Rule]:
    """The rules of a purpose in the output of C(ufw status), without those that it adds for IPv6 by itself, marked (v6)."""
    # PORTS/tcp  ALLOW  SOURCE  # PURPOSE
    line = re.compile(rf"^([0-9,]+)/tcp +ALLOW +(?:IN +)?(\S+) +# {re.escape(purpose)}$", re.MULTILINE)
    return [
        {"ports": ports, "source": "any" if source == "Anywhere" else source} for ports, source in line.findall(status)
    ]


def as_printed(source: str) -> str:
    """A source in the words of C(ufw status): 10.0.0.1/32 is 10.0.0.1 there, and 10.0.0.1/24 is 10.0.0.0/24."""
    try:
        interface = ipaddress.ip_interface(source)
    except ValueError:
        return source
    network = interface.network
    if network.prefixlen == network.max_prefixlen:
        return str(interface.ip)
    if interface.version == 6:
        return str(interface)
    return str(network) if network.prefixlen else "any"
