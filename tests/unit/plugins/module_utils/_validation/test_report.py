# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report of all parts; one that cannot be read does not keep the others from being told."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.report import report

POOL = {
    "pool": "shop",
    "clients_waiting": 0,
    "longest_wait_seconds": 0.0,
    "servers_active": 1,
    "servers_idle": 0,
    "servers_allowed": 20,
}
FOUND = {"pool": {"db01": {"rows": [POOL]}}}
FACTS = {"inventory": "production", "time": 1_800_000_000, "commit": ""}


def test_all_files_say_the_same():
    made = report(FOUND, {}, ["backup"], FACTS)
    document = json.loads(made["json"])
    assert made["kept"] is document["kept"] is True
    assert document["rows"] == made["rows"] and document["left_out"] == ["backup"]
    assert (document["inventory"], document["time"]) == (
        "production",
        "2027-01-15T08:00:00Z",
    ) and "commit" not in document
    assert len(ET.fromstring(made["junit"]).findall(".//testcase")) == 4
    assert "3 of 3 kept" in made["table"] and "3 of 3 checks" in made["html"]


def test_one_promise_that_is_not_kept_is_enough():
    assert report(FOUND, {"pool_clients_waiting": -1}, [], FACTS)["kept"] is False


def test_nothing_measured_is_nothing_kept():
    assert report({}, {}, ["pool"], FACTS)["kept"] is False


def test_a_part_that_cannot_be_read_does_not_hide_the_others():
    made = report({**FOUND, "replication": {"standbys": ["a"], "lag": {"standbys": 7}}}, {}, [], FACTS)
    assert [row["verdict"] for row in made["rows"]] == ["not measured", "pass", "pass", "pass"]
    assert made["kept"] is False


def test_a_limit_that_is_none_is_refused():
    with pytest.raises(ValueError, match="validate_limits has lag"):
        report(FOUND, {"lag": 1}, [], FACTS)
