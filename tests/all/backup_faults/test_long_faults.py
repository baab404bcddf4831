# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that a run waits for a minute before it gives up."""

from __future__ import annotations

from backup import assert_failed, backups, wait_for_store

STORE_UNIT = "s3"


def test_the_store_is_gone(environment, store, before):
    environment.configure(store__outage_seconds=3)
    with environment.held_run() as finish:
        store.check_output(f"systemctl kill --signal=KILL {STORE_UNIT}; systemctl stop {STORE_UNIT}")
        try:
            code, words = finish()
        finally:
            store.check_output(f"systemctl start {STORE_UNIT}")
            wait_for_store(environment)
    assert code == 1
    assert "cannot be reached" in words
    assert environment.metric("s3_backup_job_success") == 0
    assert backups(environment) == before


def test_the_database_is_dropped_during_the_run(environment):
    before = backups(environment)
    with environment.held_run() as finish:
        environment.sql(f"DROP DATABASE {environment.database} WITH (FORCE)", "postgres")
        code, words = finish()
    try:
        assert_failed(environment, code, words, "backup_faults: pg_dump failed with exit code 1: ", before)
    finally:
        environment.make_database()
    assert environment.command("run").rc == 0
