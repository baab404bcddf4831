# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever reads test reports counts what was kept, what was not, and what was left out."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.plannerate.infra.plugins.module_utils._validation.junit import junit
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS, judged

ROWS = [
    judged("pool", "shop", "longest wait", measured, "s", "pool_wait_seconds", LIMITS, note)
    for measured, note in ((1.0, ""), (9.0, "a <tag> & \x1b[31m"), (None, "refused"))
]


def test_each_row_is_a_case_of_its_part():
    root = ET.fromstring(junit(ROWS, ["backup"], "validate.production", "2026-01-01T00:00:00Z"))
    suites = {suite.get("name"): suite for suite in root}
    counts = {
        name: [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] for name, suite in suites.items()
    }
    assert counts == {"backup": ["1", "0", "0", "1"], "pool": ["3", "1", "1", "0"]}
    failure = suites["pool"].find(".//failure")
    assert failure.get("message") == "9 s, promised <= 5 s" and failure.text == "a <tag> &  [31m"
    assert suites["backup"].find("testcase/skipped") is not None
