# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No panel of a dashboard is empty for want of a series that somebody renamed."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from support.helpers.dashboards import asked
from support.helpers.lab import wait_for

# What the lab rightly has no series of, by what the query reads.
EMPTY = {
    "s3_backup_physical_": "physical backups are off",
    "slo:(data_at_risk|physical_restore_time):": "physical backups are off",
    "logs_": "there is no log server",
    "release_info": "a release has a name from its first deployment on",
    "deployment_last_(duration|timestamp)_seconds": "nothing was deployed, unless a test before this one did it",
}
ASK = """
import json, sys, urllib.parse, urllib.request
url = "http://127.0.0.1:9090/api/v1/query?query="
found = [json.load(urllib.request.urlopen(url + urllib.parse.quote(each), timeout=10)) for each in json.loads(sys.argv[1])]
print(json.dumps([bool(each["data"]["result"]) for each in found]))
"""


@pytest.mark.usefixtures("backed_up")
def test_every_query_of_every_panel_returns_series(monitoring):
    wanted = [each for each in asked() if not any(re.search(rf"\b({name})", each.expression) for name in EMPTY)]
    assert len({each.dashboard for each in wanted}) == 9
    queries = shlex.quote(json.dumps([each.expression for each in wanted]))

    def empty():
        answered = json.loads(monitoring.machine.check_output(f"python3 -c {shlex.quote(ASK)} {queries}"))
        return [each for each, there in zip(wanted, answered, strict=True) if not there]

    # What was measured a moment ago is not collected yet.
    wait_for(lambda: not empty(), timeout=60, what="series for every panel", found=empty)
