# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What monitoring is told."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.cluster import Archiving
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.figures import DRILL, figures, render

NOW = Archiving(archived=100.0, failed=None, failures=0, waiting=0, behind=0.0, written=6000, free=3000, at=1000.0)
BEHIND = NOW._replace(failed=990.0, failures=3, waiting=5, behind=300.0)


def test_while_everything_arrives_nothing_fills_up():
    assert figures(NOW, {"written": 0, "at": 400.0}) == {
        "archived_timestamp_seconds": 100.0,
        "failures": 0,
        "waiting_segments": 0,
        "behind_seconds": 0.0,
        # What was committed a moment ago is archived when its segment is closed.
        "at_risk_seconds": 60.0,
    }


def test_behind_it_is_told_when_the_disk_is_full_at_the_present_rate():
    # 6000 bytes in 600 s, 3000 bytes are left.
    assert figures(BEHIND, {"written": 0, "at": 400.0})["full_seconds"] == 300.0
    assert "full_seconds" not in figures(BEHIND, None)
    # After a failover another member's count may be less.
    assert "full_seconds" not in figures(BEHIND, {"written": 9000, "at": 400.0})


def test_what_is_at_risk_waits_for_its_segment_to_be_closed_and_then_for_the_store():
    assert figures(BEHIND, None)["at_risk_seconds"] == 360.0
    # Nobody knows how long a segment takes that is closed when it is full.
    assert "at_risk_seconds" not in figures(NOW._replace(timeout=0.0), None)


def test_the_drill_has_names_of_its_own():
    assert 's3_backup_physical_drill_job_success{stanza="main"} 1\n' in render("main", {"job_success": 1}, DRILL)


def test_text_for_the_node_exporter():
    assert render("main", {"behind_seconds": 1.5}) == (
        "# HELP s3_backup_physical_behind_seconds For how long the oldest of them has waited.\n"
        "# TYPE s3_backup_physical_behind_seconds gauge\n"
        's3_backup_physical_behind_seconds{stanza="main"} 1.5\n'
    )
    assert render("main", {}) == ""
