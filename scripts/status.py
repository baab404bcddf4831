"""Run playbooks/status.yml and print what its last task found, as a table or as JSON."""

from __future__ import annotations

import json
import sys

import report


def main() -> int:
    options = report.options("status", __doc__)
    answer = report.ask(options.inventory, "status", "Show the cluster")
    found = [message for message in answer.found if "rows" in message]
    if not found:
        return answer.explain()
    print(json.dumps(found[-1]["rows"], indent=2) if options.json else found[-1]["table"])
    return answer.code


if __name__ == "__main__":
    sys.exit(main())
