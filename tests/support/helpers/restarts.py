# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each service, member and container of the lab began, and what a run said that it restarts."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

from support.helpers.lab import ADDRESSES, PORTS, over_ssh

# Names as the list has them: where it gives a unit's ending, it is left out here.
UNITS = {
    "db01": [
        "pgbouncer", "haproxy", "pgbouncer-replica-agent", "systemd-journald", "prometheus-node-exporter",
        *(f"postgres-exporter@{port}" for port in PORTS.values()),
    ],
    "app01": [
        "docker", "systemd-journald", "prometheus-node-exporter", "prometheus", "prometheus-alertmanager",
        "prometheus-blackbox-exporter",
    ],
}  # fmt: skip
TIMERS = ["machine-metrics.timer"] + [
    f"{name}@{environment}.timer"
    for name in ("plannerate-backup", "plannerate-backup-drill")
    for environment in ("production", "staging")
]
LISTED = re.compile(r"^- (\S+): (\S+) ", re.MULTILINE)

# (machine, name) of one thing.
Thing = tuple[str, str]


def listed(output: str) -> set[Thing]:
    """What the list at the end of a run has."""
    end = max(
        output.rfind(heading) for heading in ("Restarts, if this runs", "Restarts of this run", "Nothing restarts.")
    )
    assert end > 0, f"no list: {output}"
    return {(machine, name.removesuffix(".service")) for machine, name in LISTED.findall(output[end:])}


def began(sql: Callable[..., str]) -> dict[Thing, str]:
    """When each of them began; a container that is made anew has another id as well."""
    times = {("db01", name): sql("SELECT pg_postmaster_start_time()", port=port) for name, port in PORTS.items()}
    for machine, units in UNITS.items():
        host = over_ssh(ADDRESSES[machine])
        for unit in units + TIMERS:
            times[machine, unit] = ""
        command = f"systemctl show --property=Id,ActiveEnterTimestampMonotonic {shlex.join(units + TIMERS)}"
        for block in host.check_output(command).split("\n\n"):
            shown = dict(line.partition("=")[::2] for line in block.splitlines())
            times[machine, shown["Id"].removesuffix(".service")] = shown["ActiveEnterTimestampMonotonic"]
    return times | containers()


def containers() -> dict[Thing, str]:
    host = over_ssh(ADDRESSES["app01"])
    found: list[dict[str, Any]] = json.loads(host.check_output("docker ps --quiet | xargs docker inspect"))
    return {("app01", each["Name"].lstrip("/")): f"{each['Id']} {each['State']['StartedAt']}" for each in found}


def restarted(before: dict[Thing, str], after: dict[Thing, str]) -> set[Thing]:
    """What began anew in between, or is there only before or after."""
    return {thing for thing in before.keys() | after.keys() if before.get(thing) != after.get(thing)}
