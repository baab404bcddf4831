# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load by the programs of the distribution: how they are called, and what they printed. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._validation.scratch import ROWS, SCHEMA

# By program, the package that has it in Debian 12 and 13 and in Ubuntu 24.04.
PACKAGES = {"pgbench": "postgresql-contrib", "curl": "curl"}
# One read and one change, by the key, as an application does them.
SCRIPT = f"""\\set key random(1, {ROWS})
SELECT content FROM {SCHEMA}.content WHERE id = :key;
UPDATE {SCHEMA}.content SET content = md5(random()::text) WHERE id = :key;
"""
WRITE_OUT = r"%{http_code} %{time_total} %{exitcode}\n"
# Seconds that one answer of the site may take; that a step may last beyond its time, which is more: a visitor whose answer does not come
# tells so; and until the programs end by themselves.
ANSWER_SECONDS, GRACE, PATIENCE = 4, 5, 10


class Figures(TypedDict):
    """What clients noticed; times in milliseconds, of answers that were good."""

    sent: int
    failed: int
    answered_percent: float | None
    p50: float | None
    p95: float | None
    p99: float | None


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The least of the values that so many per cent are not above."""
    return round(ordered[max(math.ceil(len(ordered) * share / 100) - 1, 0)], 2) if ordered else None


def figures(milliseconds: Sequence[float], failed: int) -> Figures:
    ordered = sorted(milliseconds)
    sent = len(ordered) + failed
    return {
        "sent": sent,
        "failed": failed,
        "answered_percent": round(100 * len(ordered) / sent, 3) if sent else None,
        "p50": percentile(ordered, 50),
        "p95": percentile(ordered, 95),
        "p99": percentile(ordered, 99),
    }


def cut_short(found: Figures, programs: int) -> Figures:
    """The same where so many programs did not come to their end: each waits for an answer, and nobody knows what it would have told."""
    failed = found["failed"] + programs
    sent = found["sent"] + programs
    good = found["sent"] - found["failed"]
    return {
        "sent": sent,
        "failed": failed,
        "answered_percent": round(100 * good / sent, 3),
        "p50": None,
        "p95": None,
        "p99": None,
    }


def of_pgbench(log: str, errors: str) -> Figures:
    """From its logs of transactions, and what it said of clients that it gave up."""
    times, failed = [], 0
    for line in log.splitlines():
        words = line.split()
        if len(words) >= 6 and words[2].isdigit():
            times.append(int(words[2]) / 1000)
        elif len(words) >= 6:
            failed += 1
    # It goes on without a client whose statement failed.
    return figures(times, failed + sum(" aborted" in line and "client " in line for line in errors.splitlines()))


def of_curl(printed: str) -> Figures:
    """From what WRITE_OUT prints."""
    times, failed = [], 0
    for line in printed.splitlines():
        words = line.split()
        if len(words) != 3:
            continue
        if words[2] == "0" and words[0][:1] in ("2", "3"):
            times.append(float(words[1]) * 1000)
        else:
            failed += 1
    return figures(times, failed)


def pgbench_command(program: str, clients: int, seconds: int, rate: float, files: Mapping[str, str]) -> list[str]:
    """:arg rate: transactions of each client in a second at most; :arg files: C(script), and C(log), with which its logs' names begin."""
    return [
        *_ended(seconds + PATIENCE),
        program,
        "--no-vacuum",
        f"--client={clients}",
        f"--jobs={min(clients, 4)}",
        f"--time={seconds}",
        f"--rate={clients * rate:g}",
        "--log",
        f"--log-prefix={files['log']}",
        f"--file={files['script']}",
    ]


def curl_command(program: str, seconds: int, rate: int, site: Mapping[str, Any], authority: str | None) -> list[str]:
    """One visitor, who asks so often in a second at most and keeps the connection.

    :arg site: C(domain), C(address), C(path).
    """
    url = f"https://{site['domain']}{site['path']}"
    return [
        *_ended(seconds + PATIENCE),
        # Each answer is told when it came, and not at the end, which somebody who is late does not see.
        *("stdbuf", "--output=L"),
        program,
        "--silent",
        "--show-error",
        "--http1.1",
        *("--rate", f"{rate}/s"),
        *("--max-time", str(ANSWER_SECONDS)),
        *("--resolve", f"{site['domain']}:443:{site['address']}"),
        *(("--cacert", authority) if authority else ()),
        *("--output", "/dev/null"),
        *("--write-out", WRITE_OUT),
        # What is behind the # is not sent: so many times the same.
        f"{url}#[1-{seconds * rate}]",
    ]


def _ended(seconds: int) -> list[str]:
    """It ends, whatever becomes of the module that began it."""
    return ["timeout", "--kill-after=2", str(seconds)]
