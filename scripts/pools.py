"""Run playbooks/pools.yml and print what its last task found, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

import status

TASK = "Show the pools"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/pools", description=__doc__)
    parser.add_argument("-i", "--inventory", default=status.LAB, help="default: the lab, as production sees it")
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    options = parser.parse_args()

    done = subprocess.run(
        ["ansible-playbook", "--inventory", options.inventory, "playbooks/pools.yml"],
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
        for name, _host, result in status.answers(report)
        if name.endswith(TASK) and isinstance(result.get("msg"), dict)
    ]
    for answer in found:
        print(json.dumps(answer["rows"], indent=2) if options.json else answer["table"])
    if not found:
        print("\n".join(status.failures(report)) or (done.stdout + done.stderr).strip(), file=sys.stderr)
    return done.returncode or (0 if found else 1)


if __name__ == "__main__":
    sys.exit(main())
