# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make status` says who is what, for people and for programs, and never hides a replica that is gone."""

from __future__ import annotations

import json
import subprocess

from support.helpers.checkout import ROOT
from support.helpers.lab import wait_for


def status(*arguments):
    done = subprocess.run(["make", "status", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_table_has_every_member_with_role_lag_and_slot():
    lines = status().splitlines()
    assert lines[0].split() == ["MEMBER", "MACHINE:PORT", "ROLE", "STATE", "SYNC", "LAG", "SLOT"]
    assert lines[1].split()[:4] == ["pg-main", "db01:5432", "primary", "running"]
    assert lines[2].split()[:5] == ["pg-replica1", "db01:5433", "standby", "running", "quorum"]
    assert lines[3].endswith("active, reserved")
    assert len(lines) == 4 and max(map(len, lines)) <= 100


def test_programs_get_the_same_as_json():
    rows = {row["member"]: row for row in json.loads(status("JSON=1"))}
    assert (rows["pg-main"]["role"], rows["pg-main"]["port"]) == ("primary", 5432)
    assert (rows["pg-main"]["verdict"], rows["pg-replica1"]["verdict"]) == (None, "follows")
    assert rows["pg-replica1"]["streaming"] is True and rows["pg-replica1"]["slot"] == "pg_replica1"
    assert isinstance(rows["pg-replica1"]["lag_bytes"], int)


def test_a_stopped_replica_is_missing_and_not_without_lag(db01, admin_sql):
    db01.check_output("systemctl stop postgresql@15-pg_replica1")
    try:
        row = json.loads(status("JSON=1"))[1]
    finally:
        db01.check_output("systemctl start postgresql@15-pg_replica1")
    assert (row["state"], row["streaming"], row["lag_bytes"], row["slot_active"]) == ("stopped", False, None, False)
    assert (row["verdict"], row["reason"]) == ("not running", "it is stopped (standby)")
    wait_for(lambda: admin_sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "2")
