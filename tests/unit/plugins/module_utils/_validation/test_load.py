# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs printed becomes figures, and no password or load without an end is in their commands."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.load import (
    ANSWER_SECONDS,
    GRACE,
    curl_command,
    figures,
    of_curl,
    of_pgbench,
    percentile,
    pgbench_command,
)


def test_a_percentile_is_a_value_that_was_measured():
    hundred = [float(number) for number in range(1, 101)]
    assert [percentile(hundred, share) for share in (50, 95, 99)] == [50, 95, 99]
    assert [percentile([7.0], share) for share in (50, 95, 99)] == [7, 7, 7]
    assert percentile([], 95) is None


def test_nothing_sent_is_nothing_answered():
    assert figures([], 0)["answered_percent"] is None
    assert figures([], 3)["answered_percent"] == 0
    assert figures([1.0] * 999, 1) == {
        "sent": 1000,
        "failed": 1,
        "answered_percent": 99.9,
        "p50": 1,
        "p95": 1,
        "p99": 1,
    }


def test_pgbench_logs_times_in_microseconds_and_gives_up_clients():
    log = "0 1 1500 0 1795681678 1 10\n1 1 2500 0 1795681678 5 12\n1 2 failed 0 1795681679 5 12\n"
    errors = "pgbench: error: client 3 script 0 aborted in command 1 query 0: server closed the connection\n"
    assert of_pgbench(log, errors) == {**figures([1.5, 2.5], 2)}
    assert of_pgbench(log, "pgbench: warning: something else\n")["failed"] == 1


def test_curl_tells_of_each_answer():
    assert of_curl("200 0.012 0\n302 0.020 0\n503 0.001 0\n000 0.100 7\n429 0.001 0\n") == {**figures([12, 20], 3)}


def test_every_program_ends_by_itself_and_nobody_asks_more_often_than_the_rate():
    database = pgbench_command("/usr/bin/pgbench", 8, 10, 5, {"script": "/x/s", "log": "/x/t"})
    site = {"domain": "example.org", "address": "192.0.2.20", "path": "/up"}
    visitor = curl_command("/usr/bin/curl", 10, 5, site, None)
    assert database[:3] == visitor[:3] == ["timeout", "--kill-after=2", "20"]
    assert {"--client=8", "--jobs=4", "--time=10", "--rate=40"} < set(database)
    assert int(visitor[visitor.index("--max-time") + 1]) == ANSWER_SECONDS < GRACE
    assert "--rate 5/s" in " ".join(visitor) and visitor[-1] == "https://example.org/up#[1-50]"
    assert "example.org:443:192.0.2.20" in visitor and "--insecure" not in visitor and "--cacert" not in visitor
    assert "--cacert /x/ca" in " ".join(curl_command("/usr/bin/curl", 10, 5, site, "/x/ca"))


def test_curl_knows_its_options_and_tells_of_each_answer_that_did_not_come():
    site = {"domain": "nobody.test", "address": "127.0.0.9", "path": "/up"}
    done = subprocess.run(curl_command("curl", 1, 3, site, None), capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 3 and of_curl(done.stdout) == figures([], 3), done.stdout
    assert done.stderr.count("curl: (7)") == 3 and "unknown" not in done.stderr


@pytest.mark.parametrize("line", ["", "half a line", "0 1 1500"])
def test_what_is_no_transaction_is_none(line):
    assert of_pgbench(line, "")["sent"] == 0
