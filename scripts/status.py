"""Run playbooks/status.yml and print what its last task found, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

LAB = "molecule/default/inventory/production"
TASK = "Show the cluster"


def run(inventory: str) -> tuple[int, dict, str]:
    """Run the playbook; return its exit code, its parsed report and whatever else it said."""
    command = ["ansible-playbook", "--inventory", inventory, "playbooks/status.yml"]
    env = os.environ | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=300
    )
    start = done.stdout.find("{")
    try:
        report = json.loads(done.stdout[start:]) if start >= 0 else {}
    except json.JSONDecodeError:
        report = {}
    return done.returncode, report, done.stdout[: max(start, 0)] + done.stderr


def answers(report: dict):
    """Yield (task name, host, result) in the order in which they came."""
    for play in report.get("plays", []):
        for task in play["tasks"]:
            for host, result in task["hosts"].items():
                yield task["task"]["name"], host, result


def failures(report: dict) -> list[str]:
    """Every failed or unreachable answer as one readable line; a loop's answers one by one."""
    lines = []
    for _name, host, result in answers(report):
        for item in result.get("results", [result]):
            if item.get("unreachable") or (item.get("failed") and not result.get("ignored")):
                lines.append(f"{host}: {item.get('msg') or item}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/status", description=__doc__)
    parser.add_argument("-i", "--inventory", default=LAB, help="default: the lab, as production sees it")
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    options = parser.parse_args()

    code, report, rest = run(options.inventory)
    found = [
        result["msg"]
        for name, _host, result in answers(report)
        if name.endswith(TASK) and isinstance(result.get("msg"), dict) and "rows" in result["msg"]
    ]
    if found:
        print(json.dumps(found[-1]["rows"], indent=2) if options.json else found[-1]["table"])
    else:
        print("\n".join(failures(report)) or rest.strip() or "The playbook said nothing.", file=sys.stderr)
    return code or (0 if found else 1)


if __name__ == "__main__":
    sys.exit(main())
