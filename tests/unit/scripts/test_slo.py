# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of success: in the unit of the promise, each environment for itself, and nothing kept that was not measured."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import slo  # noqa: E402

SAMPLES = [
    {"metric": {"__name__": "slo:uptime:ratio30d", "environment": "production"}, "value": [0, "0.999"]},
    {"metric": {"__name__": "slo:uptime:ratio30d", "environment": "staging"}, "value": [0, "0.9989"]},
    {"metric": {"__name__": "slo:replication_lag:seconds_max1h"}, "value": [0, "1.5"]},
    {"metric": {"__name__": "slo:restore_time:seconds", "environment": "production"}, "value": [0, "90"]},
    {"metric": {"__name__": "slo:data_at_risk:seconds_max1h"}, "value": [0, "95"]},
]


def test_each_environment_is_judged_for_itself_and_in_the_promises_unit():
    found = {(row["measure"], row["environment"]): (row["value"], row["kept"]) for row in slo.rows(SAMPLES)}
    assert found == {
        ("uptime, 30 days", "production"): (99.9, True),
        ("uptime, 30 days", "staging"): (99.89, False),
        ("response time, 95 of 100 in a day", "production"): (None, None),
        ("response time, 95 of 100 in a day", "staging"): (None, None),
        ("replication lag, worst in an hour", ""): (1.5, False),
        ("age of the last good backup", "production"): (None, None),
        ("age of the last good backup", "staging"): (None, None),
        ("time to restore (RTO), measured", "production"): (1.5, True),
        ("time to restore (RTO), measured", "staging"): (None, None),
        ("unarchived (RPO), worst in an hour", ""): (95.0, True),
        ("time to any second (RTO), measured", ""): (None, None),
    }


def test_nothing_measured_is_a_row_all_the_same():
    assert [(row["environment"], row["kept"]) for row in slo.rows([])] == [("", None)] * len(slo.PROMISES)


def test_the_table_says_what_was_promised():
    lines = slo.table(slo.rows(SAMPLES)).splitlines()
    assert re.fullmatch(r"uptime, 30 days +staging +99\.89 % +>= 99\.9 % +NO", lines[2])
    assert re.fullmatch(r"time to restore \(RTO\), measured +staging +- +<= 60 min +not measured", lines[-3])


def test_every_recorded_measure_is_shown():
    recorded = re.findall(r"record: (slo:\S+)", (ROOT / "roles/monitoring/files/rules/slo.yml").read_text())
    assert sorted(recorded) == sorted(record for record, *_rest in slo.PROMISES)
