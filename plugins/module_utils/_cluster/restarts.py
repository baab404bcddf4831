# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings a running server would only get by a restart. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import Instances, Topology
    from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance

# [doc] "Numeric with Unit" in the chapter "Server Configuration", as bytes and as microseconds.
UNITS = {
    "B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4,
    "us": 1, "ms": 1000, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6,
}  # fmt: skip
WORDS = {"on": "on", "true": "on", "yes": "on", "off": "off", "false": "off", "no": "off"}


class RunningSetting(TypedDict):
    """A setting that only a restart changes: its value as C(SHOW) has it, and the unit of a number that is given without one."""

    shown: str
    unit: str | None


def waiting(wanted: Mapping[str, object], running: Mapping[str, RunningSetting] | None) -> dict[str, str]:
    """By name of each setting of which the server runs with something else than is wanted: what it runs with.

    :arg running: None where the server does not run. A value that is to be chosen by the server (-1) counts as the one that it chose.
    """
    return {
        name: running[name]["shown"]
        for name, value in sorted(wanted.items())
        if running and name in running and not is_same(running[name], value)
    }


def reasons(
    wanted: Mapping[str, object], running: Mapping[str, RunningSetting] | None, pending: Sequence[str] | None
) -> list[str]:
    """Why a server restarts, for people: what it runs with of each setting, and what is wanted.

    :arg pending: settings that already wait in the server's files, whoever wrote them.
    """
    found = waiting(wanted, running)
    texts = [f"{name} is {shown}, wanted {wanted[name]}" for name, shown in found.items()]
    return texts + [f"{name} waits for a restart" for name in sorted(set(pending or ()) - set(found))]


def is_same(running: RunningSetting, wanted: object) -> bool:
    return str(wanted) == "-1" or _plain(running["shown"], running["unit"]) == _plain(str(wanted), running["unit"])


def successor(waiting: Mapping[str, str], topology: Topology, instances: Instances) -> str:
    """The standby that takes the role of a primary which restarts, rather one whose confirmation counts. Empty where there is none.

    It follows, has no restart of its own before it, and runs with something else than the primary of each setting that waits there: it has
    tried the new value.

    :arg waiting: what the primary runs with, by name of each setting that it would only get by a restart.
    """
    primary = instances.get(topology["primary"] or "")
    rows = (primary["synchronous"] if primary else None) or []
    confirming = [row["application_name"] for row in rows if row["sync_state"] in ("sync", "quorum")]
    able = [
        name
        for name, found in topology["following"].items()
        if found["follows"] and _has_tried(waiting, instances.get(name))
    ]
    return next((name for name in able if name in confirming), able[0] if able else "")


def _has_tried(waiting: Mapping[str, str], instance: Instance | None) -> bool:
    if not instance or instance["pending_restart"]:
        return False
    running = instance["restart_settings"] or {}
    return all(name in running and running[name]["shown"] != shown for name, shown in waiting.items())


def _plain(text: str, unit: str | None) -> Fraction | str:
    """One form for all spellings of a value."""
    text = text.strip()
    if re.fullmatch(r"0[0-7]+", text):
        # Permissions, which YAML makes a decimal number of.
        return Fraction(int(text, 8))
    match = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)\s*([a-zA-Z]*)", text)
    if match and (not match[2] or match[2] in UNITS):
        return Fraction(match[1]) * (UNITS[match[2]] if match[2] else _factor(unit))
    return WORDS.get(text.lower(), text.lower())


def _factor(unit: str | None) -> int:
    """Of a unit as pg_settings has it, such as 8kB."""
    match = re.fullmatch(r"(\d*)([a-zA-Z]+)", unit or "")
    return int(match[1] or 1) * UNITS[match[2]] if match and match[2] in UNITS else 1
