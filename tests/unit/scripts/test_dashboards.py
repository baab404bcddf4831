# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dashboards in the role are those of scripts/dashboards, and show what there is. The lab proves that every query answers."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from support.helpers.checkout import ROOT
from support.helpers.dashboards import FILES, asked, dashboards, replaced
from support.helpers.monitoring import RULES, selectors

sys.path.insert(0, str(ROOT / "scripts"))

import render_dashboards

# Of the exporters of Debian 12 and 13, what no rule reads.
EXPORTED = {
    "ALERTS", "node_boot_time_seconds", "node_cpu_seconds_total", "node_disk_io_time_seconds_total", "node_filesystem_avail_bytes",
    "node_load5", "node_network_receive_bytes_total", "node_network_transmit_bytes_total", "pg_database_size_bytes", "pg_locks_count",
    "pg_stat_activity_count", "pg_stat_database_blks_hit", "pg_stat_database_blks_read",
    "pg_stat_database_conflicts", "pg_stat_database_deadlocks",
    "pg_stat_database_sessions_abandoned", "pg_stat_database_sessions_killed", "pg_stat_database_temp_bytes",
    "pg_stat_database_tup_deleted", "pg_stat_database_tup_fetched", "pg_stat_database_tup_inserted", "pg_stat_database_tup_returned",
    "pg_stat_database_tup_updated", "pg_stat_database_xact_commit", "pg_stat_database_xact_rollback", "probe_http_duration_seconds",
    "probe_http_status_code",
}  # fmt: skip
TOLD_BY = (
    "roles/monitoring/files/*.py",
    "plugins/module_utils/_s3_backup/**/*.py",
    "plugins/module_utils/_physical*/**/*.py",
)
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, dashboard in dashboards().items()
    for panel in dashboard["panels"]
    if panel["type"] not in ("row", "text")
]


def test_the_role_has_what_the_scripts_make():
    made = render_dashboards.rendered()
    assert {name: (FILES / name).read_text() for name in made} == made, "run: python scripts/render_dashboards.py"
    assert {f"dashboards/{name}.json" for name in dashboards()} == {name for name in made if "/" in name}


def test_they_load_into_the_types_of_grafana():
    register_default_plugins()
    for dashboard in dashboards().values():
        again = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))
        assert again == dashboard


def test_each_says_on_it_which_question_it_answers():
    found = dashboards()
    assert len(found) <= 10
    for name, dashboard in found.items():
        first = dashboard["panels"][0]
        assert dashboard["uid"] == name and dashboard["editable"] is False
        assert dashboard["description"].endswith("?") and dashboard["description"] in first["options"]["content"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_has_a_fixed_source_and_a_unit(panel):
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert {source["uid"] for source in sources} == {"prometheus"}
    assert panel["type"] == "table" or panel["fieldConfig"]["defaults"]["unit"]


def test_panels_do_not_overlap():
    for dashboard in dashboards().values():
        for one, other in itertools.combinations([panel["gridPos"] for panel in dashboard["panels"]], 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"], dashboard["uid"]
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in dashboard["panels"])


def test_an_alert_leads_to_a_panel_that_is_there_and_links_back():
    for alert, place in json.loads((FILES / "panels.json").read_text()).items():
        name, _panel, number = place.partition("?viewPanel=panel-")
        (panel,) = [panel for panel in dashboards()[name]["panels"] if panel["id"] == int(number)]
        assert any(link["url"].endswith(f"#{alert}") for link in panel["links"])


def test_every_metric_is_one_that_a_rule_reads_or_somebody_tells():
    rules = [
        rule
        for path in RULES.glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
    read = {selector.split("{")[0] for rule in rules for selector in selectors(rule["expr"])}
    recorded = {rule["record"] for rule in rules if "record" in rule}
    queries = yaml.safe_load((ROOT / "roles/monitoring/files/postgres_queries.yml").read_text())
    asked_by_us = {f"{group}_{name}" for group, query in queries.items() for each in query["metrics"] for name in each}
    programs = "".join(path.read_text() for pattern in TOLD_BY for path in ROOT.glob(pattern))
    named = {
        name for each in asked() for name in re.findall(r"\b[a-z]\w*[_:][\w:]+(?=[{\[) ]|$)", bare(each.expression))
    }
    unknown = {
        name for name in named - read - recorded - asked_by_us - EXPORTED if not re.search(rf"\b{name}\b", programs)
    }
    assert not unknown
    # What is left out of the table is not asked any more.
    assert EXPORTED - named - {"ALERTS"} == set()


def bare(expression: str) -> str:
    """Without labels, texts and functions, which look like metrics."""
    without = re.sub(r'"[^"]*"|\{[^}]*\}', "", expression)
    return re.sub(r"\b(?:by|on|group_left|ignoring|without)\s*\([^)]*\)|\b\w+(?=\()", " ", without)


def test_prometheus_understands_every_query(tmp_path):
    rules = [{"record": f"query:{number}", "expr": each.expression} for number, each in enumerate(asked())]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(
        [ROOT / "scripts/promtool", "check", "rules", path], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_variables_are_replaced_and_references_of_expressions_stay():
    assert replaced('rate(x{a=~"$machine"}[$__rate_interval])') == 'rate(x{a=~".*"}[5m])'
    assert replaced('label_replace(x, "a", "$1", "b", "(.+)")') == 'label_replace(x, "a", "$1", "b", "(.+)")'
