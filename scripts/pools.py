"""Run playbooks/pools.yml and print what its last task found, as a table or as JSON."""

from __future__ import annotations

import json
import sys

import report


def main() -> int:
    options = report.options("pools", __doc__)
    answer = report.ask(options.inventory, "pools", "Show the pools")
    for found in answer.found:
        print(json.dumps(found["rows"], indent=2) if options.json else found["table"])
    return answer.code if answer.found else answer.explain()


if __name__ == "__main__":
    sys.exit(main())
