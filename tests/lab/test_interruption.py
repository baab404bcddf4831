# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed leaves nothing that the next one would take for a member."""

from __future__ import annotations

import json
import subprocess

from support.helpers.checkout import ROOT
from support.helpers.lab import INVENTORIES, playbook, wait_for
from support.helpers.processes import end_at_once

DIRECTORY = "/var/lib/postgresql/15/pg_replica2"


def test_killed_during_the_base_backup(db01, admin_sql):
    db01.check_output(f"systemctl stop postgresql@15-pg_replica2 && rm -r {DIRECTORY}")
    run = subprocess.Popen(
        [
            "ansible-playbook",
            f"--inventory={INVENTORIES / 'production'}",
            "playbooks/postgres.yml",
            # Slow enough to be caught in the middle.
            f"--extra-vars={json.dumps({'postgres_rebuild': ['pg-replica2'], 'postgres_replica_clone_max_rate': 1})}",
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(lambda: db01.file(f"{DIRECTORY}.incoming/base").is_directory, timeout=60, what="the base backup")
    finally:
        end_at_once(run)
    assert not db01.file(DIRECTORY).exists, "half of a copy is not called a data directory"
    assert db01.service("clone-pg_replica2").is_running, "the base backup outlives its run, as it would in production"

    again = playbook("postgres", variables={"postgres_rebuild": ["pg-replica2"]})
    assert again.returncode == 0, again.stdout
    assert not db01.file(f"{DIRECTORY}.incoming").exists
    rows = admin_sql("SELECT application_name, state, sync_state FROM pg_stat_replication ORDER BY 1")
    assert rows.splitlines() == ["pg-replica1|streaming|quorum", "pg-replica2|streaming|quorum"]
