# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster is backed up by the units as the role wrote them, its WAL is archived, and a second before a mistake comes back."""

from __future__ import annotations

import json
import re
import shlex
import time

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import changed, over_ssh, playbook, wait_for

INVENTORY = ROOT / "molecule" / "s3_backup" / "inventory" / "production"
METRICS = "/var/lib/prometheus/node-exporter/s3_backup_physical.prom"
COPY = "/var/lib/plannerate-physical/restored/restored"
ROWS = 50


@pytest.fixture(scope="module")
def machine():
    return over_ssh("198.18.0.26")


@pytest.fixture(scope="module")
def sql(machine):
    """A function that gives the primary's answer; of a copy's, with its directory of the socket."""

    def ask(statement, socket="/var/run/postgresql"):
        psql = f"psql -XqAt --set=ON_ERROR_STOP=1 --host={socket} --port=5432 --dbname=postgres"
        return machine.check_output(f"cd / && runuser -u postgres -- {psql} --command={shlex.quote(statement)}")

    return ask


@pytest.fixture(scope="module")
def physical(machine):
    def ask(*words):
        return json.loads(machine.check_output(f"cd / && plannerate-physical {shlex.join(words)} --json </dev/null"))

    return ask


@pytest.fixture
def figures(machine):
    def read():
        machine.check_output("systemctl start plannerate-physical-watch.service")
        lines = machine.file(METRICS).content_string.splitlines()
        told = (line.split() for line in lines if not line.startswith("#"))
        return {name.removeprefix("s3_backup_physical_").split("{")[0]: float(value) for name, value in told}

    return read


@pytest.fixture(scope="module")
def backups(machine, physical):
    """Labels after the timer's unit has made a differential backup; the role's first run made the full one before."""
    wait_for(lambda: physical("list")["backups"], 60, "the first backup")
    machine.check_output("systemctl start plannerate-physical@diff.service")
    return [(one["kind"], one["label"]) for one in physical("list")["backups"]]


def test_the_first_run_makes_a_full_backup_and_the_timer_another_one_from_the_standby(machine, backups):
    assert [kind for kind, _label in backups][:2] == ["full", "diff"]
    said = machine.check_output("grep -rh 'wait for replay on the standby' /var/log/pgbackrest/main-backup.log")
    assert said


def test_wal_is_archived_as_it_is_written_and_monitoring_is_told(backups, sql, figures):
    before = sql("SELECT last_archived_wal, failed_count FROM pg_stat_archiver").split("|")
    sql("SELECT pg_logical_emit_message(true, 'tests', '')")
    written = sql("SELECT pg_walfile_name(pg_switch_wal())")
    wait_for(lambda: sql("SELECT last_archived_wal FROM pg_stat_archiver") >= written, 60, "the segment in the archive")
    assert sql("SELECT failed_count FROM pg_stat_archiver") == before[1]
    told = figures()
    assert (told["job_success"], told["waiting_segments"]) == (1, 0)
    assert time.time() - told["archived_timestamp_seconds"] < 60
    assert 0 < time.time() - told["backup_timestamp_seconds"] < 3600


def test_the_machines_credential_deletes_what_an_interrupted_backup_left_and_no_wal(machine, backups):
    pgbackrest = "cd / && runuser -u postgres -- pgbackrest --config=/etc/pgbackrest/members/pg-main.conf"
    for place in ("backup", "archive"):
        machine.check_output(f"{pgbackrest} repo-put {place}/main/probe </dev/null")
    machine.check_output(f"{pgbackrest} repo-rm backup/main/probe")
    refused = machine.run(f"{pgbackrest} repo-rm archive/main/probe")
    assert refused.rc and "403" in refused.stdout + refused.stderr


def test_a_drill_by_its_unit_restores_a_random_second_and_leaves_nothing(machine, backups, figures):
    done = machine.run("systemctl start plannerate-physical-drill.service")
    said = machine.check_output("journalctl --unit=plannerate-physical-drill --output=cat --no-pager")
    assert done.rc == 0, said
    assert "was restored from backup" in said and "sound: " in said and "shop" in said
    assert "the repository was read and compared" in said
    told = figures()
    assert told["drill_job_success"] == 1
    assert 0 < told["drill_restore_seconds"] < told["drill_budget_seconds"]
    assert 0 < time.time() - told["drill_timestamp_seconds"] < 600
    assert told["next_expected_timestamp_seconds"] > time.time()
    assert machine.check_output("ls -A /var/lib/plannerate-physical/restored") == ""


def test_who_expires_reads_the_passphrase_where_it_is_and_keeps_what_is_young(backups, physical):
    before = physical("list")["backups"]
    done = playbook("rotate_backups", "--verbose", inventory=INVENTORY)
    assert done.returncode == 0, done.stdout
    assert "Delete the physical backups that are too old" in done.stdout and "postponed: []" in done.stdout
    assert "lab-rotator-secret" not in done.stdout
    assert physical("list")["backups"] == before


def test_a_dropped_table_comes_back_as_of_the_second_before(backups, machine, sql, physical):
    sql("CREATE TABLE ledger AS SELECT number, clock_timestamp() AS at FROM generate_series(1, 0) AS number")
    for _number in range(3):
        sql(f"INSERT INTO ledger SELECT number, clock_timestamp() FROM generate_series(1, {ROWS}) AS number")
    moment = sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')")
    sql(f"INSERT INTO ledger SELECT number, clock_timestamp() FROM generate_series(1, {ROWS}) AS number")
    sql("DROP TABLE ledger; SELECT pg_switch_wal()")
    wait_for(lambda: any(one["end"] > moment for one in physical("list")["windows"]), 60, "that moment in the archive")

    target = {"restore_physical_time": moment}
    # Without the zeros at its end.
    shown = re.sub(r"\.?0+Z$", "Z", moment)
    assert f"restore_physical_time={shown}" in machine.check_output(f"plannerate-backup when shop shop {moment}")
    too_early = {"restore_physical_time": "2026-01-31T15:06:59Z"}
    early = playbook("restore_physical", "--check", inventory=INVENTORY, variables=too_early)
    assert early.returncode and "before the first backup ended" in early.stdout, early.stdout
    planned = playbook("restore_physical", "--check", inventory=INVENTORY, variables=target)
    assert planned.returncode == 0 and changed(planned.stdout) == 0, planned.stdout
    assert backups[-1][1] in planned.stdout
    assert not machine.file(COPY).exists
    done = playbook("restore_physical", inventory=INVENTORY, variables=target)
    assert done.returncode == 0, done.stdout
    try:
        assert sql("SELECT count(*) FROM ledger", COPY) == str(3 * ROWS)
        assert sql("SELECT to_regclass('ledger') IS NULL") == "t"
    finally:
        physical("remove", "restored")
    assert not machine.file(COPY).exists
