# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes for the node exporter for how long each machine has sent no line, how much disk the lines take, and how many tell of trouble."""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

# Beside this one.
logs_search = importlib.import_module("logs_search")
logs_counts = importlib.import_module("logs_counts")
# What is older counts as old as this: a greater time costs more to search.
WINDOW = 3600
# For each of three questions, which have a minute together (logs-metrics.service).
SECONDS = 15
NEWEST = "* | stats by (machine) max(_time) as newest"
SIZE = re.compile(r'(?m)^vl_data_size_bytes\{type="\w+"\} (\S+)$')

Sample = tuple[str, dict[str, str], float]


def silent_samples(machines: Iterable[str], rows: Iterable[Mapping[str, Any]], now: float) -> Iterator[Sample]:
    """Every machine that is expected, also one of which there is no line."""
    newest = {row.get("machine", ""): seconds(row["newest"]) for row in rows}
    for machine in machines:
        yield "logs_silent_seconds", {"sender": machine}, max(now - newest.get(machine, now - WINDOW), 0)


def seconds(stamp: str) -> float:
    """A time as VictoriaLogs writes it, with nanoseconds, which Python before 3.11 does not read."""
    return datetime.fromisoformat(re.sub(r"(\.\d+)?Z$", "+00:00", stamp)).timestamp()


def disk_samples(metrics: str, max_bytes: int) -> Iterator[Sample]:
    """Of VictoriaLogs' own metrics."""
    yield "logs_disk_bytes", {}, sum(map(float, SIZE.findall(metrics)))
    yield "logs_disk_max_bytes", {}, float(max_bytes)


def samples(configuration: Mapping[str, Any]) -> Iterator[Sample]:
    url = configuration["url"]
    try:
        rows = list(logs_search.ask(url, "query", SECONDS, query=NEWEST, start=f"now-{WINDOW}s"))
        with urllib.request.urlopen(f"{url}/metrics", timeout=SECONDS) as answer:
            metrics = answer.read().decode()
    except OSError as error:
        print(f"VictoriaLogs does not answer: {error}", file=sys.stderr)
        yield "logs_server_up", {}, 0.0
        return
    yield "logs_server_up", {}, 1.0
    yield from silent_samples(configuration["machines"], rows, time.time())
    yield from disk_samples(metrics, configuration["max_bytes"])
    try:
        query = logs_counts.query(configuration)
        counts = list(logs_search.ask(url, "query", SECONDS, query=query, start=logs_counts.SINCE))
    except OSError as error:
        print(f"VictoriaLogs does not count: {error}", file=sys.stderr)
        return
    yield from logs_counts.samples(configuration, counts)


if __name__ == "__main__":
    sys.path.append("/usr/local/lib")
    importlib.import_module("machine_metrics").write("logs", samples(json.loads(logs_search.CONFIGURATION.read_text())))
