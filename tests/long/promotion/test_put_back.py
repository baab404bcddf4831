# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switchover that cannot go on after the old primary began to stop: everything is put back, and no client fails."""

from __future__ import annotations

from support.helpers.lab import playbook
from support.helpers.ledger import load
from support.helpers.roles_of_members import primary_of


def test_a_target_that_hangs_keeps_the_old_primary(pooler, admin_sql, db01):
    """A primary does not end before its standbys have what it wrote; one of them receives nothing for a while."""
    with load(pooler, clients=4, pause=0.02) as ledger:
        receiver = db01.check_output("pgrep -f '[p]g-replica1: walreceiver'")
        # Wakes up long after the switchover has given up, and long before the primary would give the standby up.
        db01.check_output(f"kill -STOP {receiver}; (sleep 20; kill -CONT {receiver}) >/dev/null 2>&1 &")
        done = playbook(
            "switchover",
            variables={
                "switchover_target": "pg-replica1",
                "switchover_stop_timeout": 3,
                "switchover_max_lag_bytes": 1 << 30,
            },
        )
    output = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert "stopping pg-main on db01 was not done after 3 s" in output, done.stdout
    assert "Everything is as it was: pg-main is the primary, PgBouncer is not paused" in output
    assert primary_of(admin_sql) == "pg-main"
    assert [row["name"] for row in pooler.console("DATABASES") if row["paused"] == "1"] == []
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
