# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode prints is what a run would do, and it does none of it."""

from __future__ import annotations

import json

from support.helpers.lab import changed, playbook

NEW_MEMBER = {"postgres_replica": {"hosts": {"pg-replica3": {"postgres_machine": "db01", "postgres_port": 5435}}}}


def test_check_mode_shows_each_file_and_each_slot_and_changes_nothing(db01, admin_sql, tmp_path):
    overlay = tmp_path / "overlay.json"
    overlay.write_text(json.dumps(NEW_MEMBER))
    done = playbook(
        "postgres",
        "--check",
        "--diff",
        f"--inventory={overlay}",
        variables={"postgres_settings": {"log_min_duration_statement": "77ms"}},
    )
    assert done.returncode == 0, done.stdout
    assert "+log_min_duration_statement = '77ms'" in done.stdout
    assert "+synchronous_standby_names = 'ANY 1" in done.stdout
    assert "pg-replica3: a new standby on db01:5435" in done.stdout
    assert any("pg_replica3" in line for line in done.stdout.splitlines() if line.startswith("+")), "the slot"
    assert changed(done.stdout) > 0

    assert "pg_replica3" not in admin_sql("SELECT slot_name FROM pg_replication_slots")
    assert admin_sql("SHOW log_min_duration_statement") == "1s"
    assert not db01.file("/etc/postgresql/15/pg_replica3").exists


def test_a_non_owner_reports_what_is_pending_and_applies_none_of_it(admin_sql):
    done = playbook(
        "postgres", inventory="staging", variables={"postgres_settings": {"log_min_duration_statement": "77ms"}}
    )
    assert done.returncode == 0, done.stdout
    assert changed(done.stdout) == 2 * 3, "the file and the reload of each member are pending"
    assert admin_sql("SHOW log_min_duration_statement") == "1s"
