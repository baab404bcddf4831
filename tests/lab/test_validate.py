# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A validation measures what was promised without changing anything, and what is broken on purpose has its row red, and no other."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import PORTS, changed, playbook
from support.helpers.roles_of_members import state_of

REPORT = ROOT / ".cache/validate/report.json"


def rows(report):
    return json.loads(report.read_text())["rows"]


@pytest.mark.usefixtures("backed_up")
def test_the_lab_keeps_what_was_promised_and_the_report_says_so():
    done = subprocess.run(["make", "validate"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {(row["subject"], row["check"]): row["measured"] for row in rows(REPORT)}
    assert {row["part"] for row in rows(REPORT)} == {"replication", "pool", "backup", "security"}
    assert found["cluster", "standbys that do not stream"] == 0
    assert all(0 < found[f"pg-replica{number}", "a write can be read after"] < 1 for number in (1, 2))
    assert found["plannerate_production", "restoring it took (RTO)"] is not None
    assert found["app.test", "what is wrong with TLS and headers"] == found["db01", "answers without TLS"] == 0
    number = len(rows(REPORT))
    assert done.stdout.splitlines()[-2:] == [f"{number} of {number} kept", str(REPORT.with_suffix(".html"))]
    assert f"{number} of {number} checks" in REPORT.with_suffix(".html").read_text()
    assert len(ET.parse(REPORT.with_suffix(".xml")).findall(".//testcase")) == number


def test_what_is_broken_on_purpose_is_red_and_the_rest_is_not(tmp_path, db01, admin_sql):
    paused, port, key = "pg-replica1", 5433, "/etc/ssl/machine/machine.key"
    mode = db01.check_output(f"stat -c %a {key}")
    admin_sql("SELECT pg_wal_replay_pause()", port=port)
    try:
        db01.check_output(f"ufw allow 6379/tcp && chmod o+r {key}")
        done = playbook("validate", variables={"validate": "replication,security", "validate_directory": str(tmp_path)})
    finally:
        admin_sql("SELECT pg_wal_replay_resume()", port=port)
        db01.check_output(f"ufw delete allow 6379/tcp && chmod {mode} {key}")
    assert done.returncode == 2 and "kept: see the table above" in " ".join(done.stdout.split())
    assert changed(done.stdout) == 0, "it measures what is broken, and mends nothing"
    found = rows(tmp_path / "report.json")
    bad = {(row["subject"], row["check"]): row["note"] for row in found if row["verdict"] != "pass"}
    # How far it is behind by then depends on what the application wrote meanwhile.
    assert bad.pop((paused, "a write can be read after")) == "not replayed after 10 s"
    assert {check for _subject, check in bad if _subject == paused} <= {"lag", "lag in time"}
    assert {name: note for name, note in bad.items() if name[0] != paused} == {
        ("db01", "ports open to everybody beyond the list"): "6379",
        ("db01", "files that others may read"): f"{key} (0{int(mode) + 4})",
    }


def test_without_the_words_nothing_that_disturbs_is_begun(tmp_path, pooler, admin_sql):
    def state():
        timelines = [admin_sql("SELECT timeline_id FROM pg_control_checkpoint()", port) for port in PORTS.values()]
        schemas = admin_sql(
            "SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'", database=pooler.database
        )
        return state_of(pooler, admin_sql), timelines, schemas

    before = state()
    words = {"validate_disruptive": True, "validate_confirm": "staging"}
    parts = ("stress", "recovery", "failover")
    done = playbook("validate", variables={"validate": ",".join(parts), "validate_directory": str(tmp_path), **words})
    said = " ".join(done.stdout.split())
    assert done.returncode == 2 and changed(done.stdout) == 0
    assert "2, then 4, then 8, then 16 clients at a time for 10 s each" in said
    assert "-e validate_disruptive=true -e validate_confirm=production" in said
    found = {row["part"]: row["verdict"] for row in rows(tmp_path / "report.json")}
    assert found == dict.fromkeys(parts, "not measured")
    assert state() == before and not pooler.machine.file("/run/plannerate-validation").exists
