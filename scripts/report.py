"""What scripts that only ask have in common: they run a playbook and print what its last task found."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass

LAB = "molecule/default/inventory/production"


@dataclass(frozen=True)
class Answer:
    """What a playbook told.

    :arg found: the messages of the task that shows them; none if the run did not come that far.
    :arg code: the exit code of the run.
    :arg failures: every failed or unreachable answer as one readable line, or else whatever the run printed.
    """

    found: list[dict]
    code: int
    failures: str

    def explain(self) -> int:
        """Print why nothing was found; return the exit code for that."""
        print(self.failures, file=sys.stderr)
        return self.code or 1


def options(program: str, description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"scripts/{program}", description=description)
    parser.add_argument("-i", "--inventory", default=LAB, help="default: the lab, as production sees it")
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    return parser.parse_args()


def ask(inventory: str, playbook: str, task: str) -> Answer:
    """Run a playbook of this collection.

    :arg task: the name of the task whose messages are wanted.
    """
    done = subprocess.run(
        ["ansible-playbook", "--inventory", inventory, f"playbooks/{playbook}.yml"],
        env=os.environ | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=300,
    )
    start = done.stdout.find("{")
    try:
        report = json.loads(done.stdout[start:]) if start >= 0 else {}
    except json.JSONDecodeError:
        report = {}
    found = [
        result["msg"]
        for name, _host, result in results(report)
        if name.endswith(task) and isinstance(result.get("msg"), dict)
    ]
    failures = "\n".join(failed(report)) or (done.stdout[: max(start, 0)] + done.stderr).strip()
    return Answer(found, done.returncode, failures or "The playbook said nothing.")


def results(report: dict):
    """Yield (task name, host, result) in the order in which they came."""
    for play in report.get("plays", []):
        for task in play["tasks"]:
            for host, result in task["hosts"].items():
                yield task["task"]["name"], host, result


def failed(report: dict) -> list[str]:
    """A loop's answers one by one."""
    lines = []
    for _name, host, result in results(report):
        for item in result.get("results", [result]):
            if item.get("unreachable") or (item.get("failed") and not result.get("ignored")):
                lines.append(f"{host}: {item.get('msg') or item}")
    return lines
