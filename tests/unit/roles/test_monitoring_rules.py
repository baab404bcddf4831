# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of role monitoring: what promtool proves of them, and that none is without a test, a text and a runbook."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from support.helpers.plays import values_of_role

ROOT = Path(__file__).parents[3]
RULES = ROOT / "roles/monitoring/files/rules"
TESTS = ROOT / "tests/rules"
RUNBOOK = ROOT / "docs/runbooks/alerts.md"
LINK = "https://github.com/callcocam/plannerate/blob/main/docs/runbooks/alerts.md#"


def rules() -> list[dict]:
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]


@pytest.mark.parametrize("path", sorted(TESTS.glob("*.yml")), ids=lambda path: path.stem)
def test_rules_do_what_their_tests_say(path: Path) -> None:
    done = subprocess.run(
        [ROOT / "scripts/promtool", "test", "rules", path], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_of_rules_has_a_test() -> None:
    assert {path.name for path in RULES.glob("*.yml")} == {path.name for path in TESTS.glob("*.yml")}


def test_every_file_of_rules_is_installed() -> None:
    installed = yaml.safe_load((ROOT / "roles/monitoring/vars/main/units.yml").read_text())["_monitoring_rules"]
    assert sorted(installed) == sorted(path.stem for path in RULES.glob("*.yml"))


def test_what_a_patch_silences_is_there() -> None:
    silenced = re.findall(
        r'"((?:Postgres|Probe|Laravel|Requests)\w+)"', (ROOT / "plugins/module_utils/_patch/silences.py").read_text()
    )
    assert silenced and {*silenced} <= {alert["alert"] for alert in ALERTS}


def test_every_rule_is_expected_by_a_test() -> None:
    text = "".join(
        line for path in TESTS.glob("*.yml") for line in path.open() if "labels:" in line or "alertname:" in line
    )
    expected = set(re.findall(r'alertname(?:="|: )(\w+)', text)) | set(re.findall(r"'((?:slo|probe):[\w:]+)", text))
    assert {rule.get("alert") or rule["record"] for rule in rules()} == expected


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_how_bad_what_and_what_to_do(alert: dict) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning", "none"}
    assert alert["annotations"]["summary"] and alert["annotations"]["action"]
    assert alert["annotations"]["runbook_url"] == LINK + alert["alert"].lower()


def test_a_fork_or_a_wiki_has_its_own_runbook(tmp_path: Path) -> None:
    (tmp_path / "files").symlink_to(RULES.parent)
    asked = "lookup('ansible.builtin.template', 'rules.yml.j2')"
    elsewhere = {"monitoring_runbook_url": "https://wiki.example.com/our-alerts?v=1"}
    texts = values_of_role(tmp_path, "monitoring", (asked, {}), (asked, elsewhere))
    links = [
        [
            rule["annotations"]["runbook_url"]
            for group in yaml.safe_load(text)["groups"]
            for rule in group["rules"]
            if "alert" in rule
        ]
        for text in texts
    ]
    names = [alert["alert"].lower() for alert in ALERTS]
    assert sorted(links[0]) == sorted(LINK + name for name in names)
    assert sorted(links[1]) == sorted(f"{elsewhere['monitoring_runbook_url']}#{name}" for name in names)


def test_alerts_link_to_the_panel_about_them_where_there_is_a_grafana(tmp_path: Path) -> None:
    (tmp_path / "files").symlink_to(RULES.parent)
    asked = "lookup('ansible.builtin.template', 'rules.yml.j2')"
    without, text = values_of_role(
        tmp_path, "monitoring", (asked, {}), (asked, {"monitoring_grafana_domain": "grafana.example.com"})
    )
    assert "dashboard_url" not in without
    (tmp_path / "rules.yml").write_text(text)
    done = subprocess.run(
        [ROOT / "scripts/promtool", "check", "rules", tmp_path / "rules.yml"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    links = {
        rule["alert"]: rule["annotations"].get("dashboard_url", "")
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert links["PostgresDown"].startswith("https://grafana.example.com/d/postgresql?viewPanel=panel-")
    # There is nothing to look at when it works.
    assert [name for name, link in links.items() if not link] == ["DeadMansSwitch"]


def test_the_runbook_has_a_section_for_every_alert_and_for_nothing_else() -> None:
    sections = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    assert sorted(sections) == sorted(alert["alert"] for alert in ALERTS)
