# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot work, or cannot be decided, stops the run before anything is changed, with the remedy."""

from __future__ import annotations

import json
import subprocess

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import changed, playbook

# Everything a converge could touch: configuration, slots, who is in recovery, when each server started.
FINGERPRINT = """
find /etc/postgresql /etc/ssl/machine /etc/ufw -type f -exec sha256sum {} + | sort -k2
for port in 5432 5433 5434; do
  runuser -u postgres -- psql -XAtq -p $port -c "SELECT pg_is_in_recovery(), pg_postmaster_start_time()"
done
runuser -u postgres -- psql -XAtq -p 5432 -c "SELECT slot_name FROM pg_replication_slots ORDER BY 1"
"""


@pytest.fixture
def untouched(db01):
    before = db01.check_output(FINGERPRINT)
    yield
    assert db01.check_output(FINGERPRINT) == before


def refused(*arguments, **options):
    done = playbook("site", *arguments, **options)
    assert done.returncode != 0, done.stdout
    assert changed(done.stdout) == 0, done.stdout
    return " ".join(done.stdout.split())


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("variables", "found", "expected"),
    [
        ({"postgres_sync_mode": "maybe"}, "postgres_sync_mode is maybe", "expected one of quorum, all, async"),
        ({"postgres_version": 12}, "postgres_version is 12", "expected one of 14, 15, 16, 17, 18"),
        ({"postgres_version": 17}, "debian 12, whose own PostgreSQL is 15", "postgres_package_source to pgdg"),
        ({"postgres_package_source": "magic"}, "postgres_package_source is magic", "expected distro or pgdg"),
        ({"postgres_port": 5432}, "port 5432 of db01 is already pg-main's", "expected one for each member"),
    ],
    ids=["sync mode", "version", "version of the distribution", "package source", "port used twice"],
)
def test_bad_input(variables, found, expected):
    message = refused(variables=variables)
    assert found in message
    assert expected in message


@pytest.mark.usefixtures("untouched")
def test_a_data_directory_of_another_cluster(db01, tmp_path):
    overlay = tmp_path / "overlay.json"
    overlay.write_text(
        json.dumps({"postgres_replica": {"hosts": {"pg-stray": {"postgres_machine": "db01", "postgres_port": 5440}}}})
    )
    directory = "/var/lib/postgresql/15/pg_stray"
    db01.check_output(
        f"install --directory --owner=postgres --mode=0700 {directory}"
        f" && runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb --pgdata={directory} >/dev/null"
    )
    try:
        message = refused(f"--inventory={overlay}")
    finally:
        db01.check_output(f"rm -r {directory}")
    assert "the members belong to different clusters" in message
    assert "pg-stray has system identifier" in message


def test_an_unmounted_disk_is_not_a_new_member(db01):
    """The data directory of a replica is away, everything else of it is there."""
    directory = "/var/lib/postgresql/15/pg_replica2"
    db01.check_output(
        f"systemctl stop postgresql@15-pg_replica2 && mv {directory} {directory}.away && mkdir {directory}"
    )
    try:
        message = refused()
    finally:
        db01.check_output(
            f"rmdir {directory} && mv {directory}.away {directory} && systemctl start postgresql@15-pg_replica2"
        )
    assert "an unmounted disk looks like this" in message
    assert "postgres_rebuild" in message


def test_a_primary_that_is_stopped_is_not_replaced_by_a_guess(db01):
    db01.check_output("systemctl stop postgresql@15-pg_main")
    try:
        message = refused()
    finally:
        db01.check_output("systemctl start postgresql@15-pg_main")
    assert "no member takes writes" in message
    assert "systemctl start postgresql@15-pg_main on db01" in message


def test_limit_does_not_narrow_discovery(db01):
    db01.check_output("systemctl stop postgresql@15-pg_main")
    try:
        message = refused("--limit=pg-replica1")
    finally:
        db01.check_output("systemctl start postgresql@15-pg_main")
    assert "no member takes writes" in message


def test_two_writable_primaries(db01, admin_sql):
    """pg-replica2 is promoted behind everybody's back; afterwards it is cloned anew from the rightful primary."""
    admin_sql("SELECT pg_promote()", port=5434)
    try:
        message = refused()
        assert "2 members take writes" in message
        assert "pg-replica2 (running primary, timeline" in message
        assert "stop the other" in message
        staging = playbook("site", inventory="staging")
        assert staging.returncode != 0 and changed(staging.stdout) == 0
        for name in ("postgres", "pgbouncer", "switchover", "failover", "rejoin"):
            done = playbook(name, variables={"switchover_target": "pg-replica1"})
            assert done.returncode != 0 and changed(done.stdout) == 0, f"{name}: {done.stdout}"
            assert "2 members take writes" in " ".join(done.stdout.split()), f"{name}: {done.stdout}"
        status = subprocess.run(["make", "status"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert status.returncode != 0 and "2 members take writes" in status.stderr
        assert [line.split()[2:4] for line in status.stdout.splitlines()[1:4]] == [
            ["primary", "running"],
            ["standby", "running"],
            ["primary", "running"],
        ]
    finally:
        db01.check_output("systemctl stop postgresql@15-pg_replica2 && rm -r /var/lib/postgresql/15/pg_replica2")
        rebuilt = playbook("postgres", variables={"postgres_rebuild": ["pg-replica2"]})
    assert rebuilt.returncode == 0, rebuilt.stdout
    assert admin_sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "2"
