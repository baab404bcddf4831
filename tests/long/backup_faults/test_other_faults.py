# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other faults of each family: those that a run waits for before it gives up, and those beside the ones in tests/lab."""

from __future__ import annotations

import time

from support.helpers.backup import assert_failed, backups, wait_for_store

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
    environment.back_up()


def test_the_store_comes_back_within_a_minute(environment, store):
    before = backups(environment)
    with environment.held_run() as finish:
        store.check_output(f"systemctl kill --signal=KILL {STORE_UNIT}; systemctl stop {STORE_UNIT}")
        try:
            environment.machine.run(f"{environment.signal_dump} -CONT")
            time.sleep(8)
        finally:
            store.check_output(f"systemctl start {STORE_UNIT}")
        code, words = finish()
    assert code == 0, words
    assert len(backups(environment) - before) == 1
    assert environment.command("verify").rc == 0


def test_the_command_is_asked_to_end(environment, before):
    with environment.held_run() as finish:
        environment.machine.check_output(
            f"pkill -TERM -u {environment.users['run']} -f 's3_backup run {environment.name}'"
        )
        code, words = finish()
    assert_failed(environment, code, words, "stopped by SIGTERM", before)
