# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten switchovers back and forth under load: no transaction fails, none is lost, and how long they take."""

from __future__ import annotations

import re
import statistics

from support.helpers.lab import playbook
from support.helpers.ledger import load

TIMES = 10
# Seconds. The same steps by a plain shell script take 0.37 on a quiet machine; this is for two busy cores.
MEDIAN_LIMIT = 1.0


def test_ten_times_to_and_fro(pooler, record_property):
    pauses = []
    with load(pooler) as ledger:
        for number in range(TIMES):
            target = ("pg-replica1", "pg-main")[number % 2]
            done = playbook("switchover", variables={"switchover_target": target})
            assert done.returncode == 0, done.stdout
            pauses.append(float(re.search(r"seconds: ([\d.]+)", done.stdout).group(1)))
    median = statistics.median(pauses)
    summary = (
        f"{TIMES} switchovers, {ledger.transactions} transactions, {ledger.failed} failed, {len(ledger.lost)} lost; paused for "
        f"{min(pauses):.2f} to {max(pauses):.2f} s, median {median:.2f} s; longest wait of a client {ledger.longest_wait:.2f} s"
    )
    record_property("summary", summary)
    print(summary)
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert median < MEDIAN_LIMIT
