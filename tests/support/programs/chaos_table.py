"""Print what the rounds of chaos came to, as Markdown for tests/RESULTS.md: scripts/env python tests/support/programs/chaos_table.py

Reads .cache/test/chaos.jsonl, to which each round adds a line; of a seed that ran more than once on a release, the last one counts.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[3] / ".cache" / "test" / "chaos.jsonl"
HEADING = (
    "fault", "rounds", "acknowledged", "lost", "two at once", "loss word", "failover / rejoin killed", "base backups",
    "refusals that no runbook names", "seconds, median / most",
)  # fmt: skip


def last_of_each(lines: Iterable[str]) -> list[dict[str, Any]]:
    rounds = (each for each in map(json.loads, lines) if each["test"] == "chaos")
    return list({(each["version"], each["kind"], each["seed"]): each for each in rounds}.values())


def row(fault: str, rounds: Sequence[dict[str, Any]]) -> str:
    seconds = [each["seconds"] for each in rounds]
    without_word = sum(each["lost"] for each in rounds if not each["word"])
    with_word = sum(each["lost"] for each in rounds if each["word"])
    killed = [sum(name in each["killed"] for each in rounds) for name in ("failover", "rejoin")]
    cells = (
        fault,
        len(rounds),
        f"{sum(each['acknowledged'] for each in rounds):,}",
        f"{without_word}" + (f" (with the word {with_word})" if with_word else ""),
        sum(each["double"] for each in rounds),
        sum(each["word"] for each in rounds),
        " / ".join(map(str, killed)),
        sum(len(each["copied"]) for each in rounds),
        sum(len(each["odd"]) for each in rounds),
        f"{statistics.median(seconds):.0f} / {max(seconds):.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def table(rounds: Sequence[dict[str, Any]]) -> list[str]:
    lines = []
    for version in sorted({each["version"] for each in rounds}):
        ours = [each for each in rounds if each["version"] == version]
        seeds = sorted({each["seed"] for each in ours})
        lines += ["", f"PostgreSQL {version}, {len(seeds)} seeds from {seeds[0]} to {seeds[-1]}:", ""]
        lines += [f"| {' | '.join(HEADING)} |", "|" + "---|" * len(HEADING)]
        for kind in sorted({each["kind"] for each in ours}):
            lines.append(row(kind, [each for each in ours if each["kind"] == kind]))
        lines.append(row("all", ours))
        failed = sorted(each["seed"] for each in ours if each["failed"])
        given = sorted((each["seed"], each["lost"]) for each in ours if each["word"])
        lines += ["", f"Failed: {', '.join(map(str, failed)) or 'none'}."]
        if given:
            lines.append("Loss word: " + ", ".join(f"seed {seed} ({lost} lost)" for seed, lost in given) + ".")
    return lines


def main() -> int:
    if not RESULTS.exists():
        print(f"found no {RESULTS}: run a part first, such as make test-all PART=chaos-17a", file=sys.stderr)
        return 1
    print("\n".join(table(last_of_each(RESULTS.read_text().splitlines()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
