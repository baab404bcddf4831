"""Run a playbook that only reads, and print what its last task shows, as a table or as JSON.

status: who is primary, who follows, how far behind. pools: PgBouncer's pools. slo: what was measured beside what was promised.
validate: what is measured now beside what was promised, with a report in files. The exit code of both is not 0 when a promise was not kept.
releases: what was deployed, by whom, and how it ended.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import slo
from access import AS_JSON, AccessRefused, access, plays, without_callbacks

LAB = "molecule/default/inventory/production"
# The playbook and the task that shows what it found.
REPORTS = {
    "status": "Show the cluster",
    "pools": "Show the pools",
    "slo": "Show the measures",
    "validate": "Show the results",
    "releases": "Show the releases",
}


@dataclass(frozen=True)
class Answer:
    """What a playbook answered.

    :arg shown: what the task showed on each host; empty if the run stopped before it.
    :arg code: the exit code of the run.
    :arg failures: every failed or unreachable answer as one readable line, or else whatever the run printed.
    """

    shown: list[dict]
    code: int
    failures: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/report.py", description=__doc__)
    parser.add_argument("report", choices=REPORTS)
    parser.add_argument("-i", "--inventory", default=LAB, help="default: the lab, as production sees it")
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    parser.add_argument("--extra", action="append", default=[], metavar="NAME=VALUE", help="as Ansible's -e")
    options = parser.parse_args()
    try:
        answer = ask(options.inventory, options.report, options.extra)
    except AccessRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    if not answer.shown:
        print(answer.failures, file=sys.stderr)
        return answer.code or 1
    code = answer.code
    for shown in answer.shown:
        rows, table = view(options.report, shown)
        print(json.dumps(rows, indent=2) if options.json else table)
        if any(row.get("kept") is False for row in rows):
            code = code or 1
    # The table has what a validation fails for.
    if answer.code and options.report != "validate":
        print(answer.failures, file=sys.stderr)
    return code


def view(report: str, shown: dict) -> tuple[list[dict], str]:
    """The rows of a report and the same as a table."""
    if report == "validate":
        written = Path(shown["report"])
        return json.loads(written.with_suffix(".json").read_text())["rows"], f"{shown['table']}\n{written}"
    if report != "slo":
        return shown["rows"], shown["table"]
    rows = slo.rows(shown["result"])
    return rows, slo.table(rows)


def ask(inventory: str, playbook: str, extra: Sequence[str] = ()) -> Answer:
    """Run a playbook of REPORTS, with the secrets of the environment where there are some.

    :arg extra: variables, as with C(-e).
    :raises AccessRefused: when one of those is not as needed.
    """
    given = [word for one in extra for word in ("--extra-vars", one)]
    with access(os.environ) as env:
        done = subprocess.run(
            ["ansible-playbook", "--inventory", inventory, *given, f"playbooks/{playbook}.yml"],
            env={**without_callbacks(env), **AS_JSON},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=300,
        )
    run = plays(done.stdout)
    shown = [
        result["msg"]
        for name, _host, result in results(run)
        if name.endswith(REPORTS[playbook]) and isinstance(result.get("msg"), dict)
    ]
    failures = "\n".join(failed(run)) or (("" if run else done.stdout) + done.stderr).strip()
    return Answer(shown, done.returncode, failures or "ansible-playbook printed nothing.")


def results(run: list[dict]) -> Iterator[tuple[str, str, dict]]:
    """(task name, host, result) of plays, in the order in which they came."""
    for play in run:
        for task in play["tasks"]:
            for host, result in task["hosts"].items():
                yield task["task"]["name"], host, result


def failed(run: list[dict]) -> list[str]:
    """One line for each failure, and for each failed item of a loop."""
    lines = []
    for _name, host, result in results(run):
        for item in result.get("results", [result]):
            if item.get("unreachable") or (item.get("failed") and not result.get("ignored")):
                lines.append(f"{host}: {item.get('msg') or item}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
