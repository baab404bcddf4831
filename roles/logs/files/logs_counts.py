# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines tell of trouble, and how many of each kind there are, for the alerts of roles/monitoring/files/rules/logs.yml."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Beside this one.
logs_search = importlib.import_module("logs_search")
# For so many seconds a line counts: longer, and lines of planned work would outlast the silences of it.
RECENT = 300
SINCE = f"now-{RECENT}s"
# SQLSTATE of logins that are refused; and of sessions that somebody, a time limit or a lost connection ended, that came too early, or that
# asked for a setting that there is not. Some are something else where no user@database follows: a server that cannot start or follow.
IN_SESSION = " [^@:]*@"
REFUSED = f"28|3D000|(42501|55000){IN_SESSION}"
ORDINARY = f"{REFUSED}|57P0|57014|25P0|08|40001|0A000|(42704|22023){IN_SESSION}"
# Only the first process says this: sessions have a user@database before their words, and other processes have no PID of another in them.
KILLED = r"00000 \S+:  [^(@\n]+\(PID \d+\) was terminated by signal \d+(: [^@\n]*)?(\n|$)"


def kinds(prefix: str) -> dict[str, str]:
    """A filter for each kind of lines that is counted, by what the journal itself has: labels cost more.

    :arg prefix: of the names of containers.
    """
    postgres, fatal = logs_search.POSTGRES, f"{logs_search.POSTGRES} level:=error"
    failure = "(ERROR|CRITICAL|ALERT|EMERGENCY)"
    request = f'CONTAINER_NAME:={json.dumps(f"{prefix}-traefik")} "DownstreamStatus"'
    return {
        "postgres_crash": f"{postgres} (level:=critical or level:=info "
        + message(logs_search.POSTGRES_PREFIX + KILLED)
        + ")",
        "postgres_fatal": f"{fatal} !" + message(f"{logs_search.POSTGRES_PREFIX}({ORDINARY})"),
        "postgres_refused": f"{fatal} " + message(f"{logs_search.POSTGRES_PREFIX}({REFUSED})"),
        "memory_kill": "_TRANSPORT:=kernel " + message("ut of memory: Killed process"),
        # One of each connection that ends before its login.
        "ssh_failed": '_SYSTEMD_UNIT:="ssh"* ' + message("(authenticating|invalid) user .*[[]preauth[]]$"),
        "laravel_error": f"CONTAINER_NAME:={json.dumps(f'{prefix}-')}* "
        + message(rf'[[]\d{{4}}-[^]]+[]] [\w-]+[.]{failure}: |"level_name":"{failure}"'),
        "request": request,
        "request_failed": f"{request} " + message(r'"DownstreamStatus":5\d\d'),
    }


def message(pattern: str) -> str:
    """A filter of LogsQL."""
    return f"_msg:~{json.dumps(pattern)}"


def query(configuration: Mapping[str, Any]) -> str:
    """One row for each machine, environment and service of which there is such a line, with a column for each kind."""
    wanted = kinds(configuration["container_prefix"])
    counts = (f"count() if ({each}) as {kind}" for kind, each in wanted.items())
    return " | ".join(
        [
            " or ".join(f"({each})" for each in wanted.values()),
            *logs_search.labels(configuration),
            f"stats by (machine, environment, service) {', '.join(counts)}",
        ]
    )


def samples(
    configuration: Mapping[str, Any], rows: Iterable[Mapping[str, str]]
) -> Iterator[tuple[str, dict[str, str], float]]:
    """What was found, and of each machine and kind at least a 0: what has no sample looks like what nobody counts."""
    wanted = kinds(configuration["container_prefix"])
    # Each has one sample: the node exporter takes nothing of a file that has one twice.
    found = {(kind, machine, "", ""): 0.0 for kind in wanted for machine in configuration["machines"]}
    for row in rows:
        where = (row.get("machine", ""), row.get("environment", ""), row.get("service", ""))
        found |= {(kind, *where): float(row[kind]) for kind in wanted if float(row[kind])}
    for labels, value in found.items():
        yield "logs_recent_lines", dict(zip(("kind", "sender", "environment", "service"), labels, strict=True)), value
