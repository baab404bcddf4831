# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In mode async a commit never waits for a replica."""

from __future__ import annotations

import pytest
from support.helpers.lab import playbook, wait_for

UNITS = "postgresql@15-pg_replica1 postgresql@15-pg_replica2"


@pytest.fixture
def as_before(db01, admin_sql):
    yield
    db01.check_output(f"systemctl start {UNITS}")
    restored = playbook("postgres")
    assert restored.returncode == 0, restored.stdout
    wait_for(lambda: admin_sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "2")
    assert admin_sql("SHOW synchronous_standby_names").startswith("ANY 1")


@pytest.mark.usefixtures("as_before")
def test_a_commit_goes_on_without_any_replica(db01, admin_sql):
    converged = playbook("postgres", variables={"postgres_sync_mode": "async"})
    assert converged.returncode == 0, converged.stdout
    assert admin_sql("SHOW synchronous_standby_names") == ""
    db01.check_output(f"systemctl stop {UNITS}")
    went_on = db01.run("timeout 5 runuser -u postgres -- psql -XAtqc 'CREATE TABLE went_on (); DROP TABLE went_on'")
    assert went_on.rc == 0, "the commit waited" if went_on.rc == 124 else went_on.stderr
