# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client from before the adoption: one connection, one commit after the other, and a new login each time, until it is told to stop.

`client.py CONNINFO LEDGER`: what it saw stands in LEDGER; a file LEDGER.stop ends it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import psycopg2

LONGEST_SECONDS = 1800
PAUSE = 0.2


def main(conninfo, ledger):
    seen = {"commits": 0, "longest_commit": 0.0, "without_standby": 0.0, "refused": [], "error": None}
    ended = time.monotonic() + LONGEST_SECONDS
    without_since = None
    try:
        connection = psycopg2.connect(conninfo)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SELECT pg_backend_pid()")
        seen["pid"] = cursor.fetchone()[0]
        while time.monotonic() < ended and not Path(f"{ledger}.stop").exists():
            began = time.monotonic()
            cursor.execute("INSERT INTO orders (item) VALUES ('while adopted')")
            seen["longest_commit"] = max(seen["longest_commit"], time.monotonic() - began)
            seen["commits"] += 1
            cursor.execute("SELECT count(*) FROM pg_stat_replication")
            if cursor.fetchone()[0]:
                without_since = None
            else:
                without_since = without_since or began
                seen["without_standby"] = max(seen["without_standby"], time.monotonic() - without_since)
            try:
                psycopg2.connect(conninfo, connect_timeout=2).close()
            except psycopg2.OperationalError as error:
                seen["refused"].append(str(error))
            write(ledger, seen)
            time.sleep(PAUSE)
    except psycopg2.Error as error:
        write(ledger, {**seen, "error": str(error)})


def write(ledger, seen):
    beside = ledger.with_suffix(".new")
    beside.write_text(json.dumps(seen), encoding="utf-8")
    beside.replace(ledger)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
