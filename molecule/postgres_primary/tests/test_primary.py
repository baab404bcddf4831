# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary alone, PostgreSQL 17 on Debian 13."""

from __future__ import annotations

from support.helpers.lab import wait_for


def test_it_takes_writes_without_waiting_for_anybody(cluster):
    assert cluster.sql("SHOW synchronous_standby_names") == ""
    cluster.sql("CREATE TABLE IF NOT EXISTS alone (value int); INSERT INTO alone VALUES (1)")


def test_the_database_is_its_owners_alone(cluster):
    owner = cluster.sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'sample'")
    assert owner == "sample_owner"
    assert cluster.sql("SELECT has_database_privilege('replicator', 'sample', 'CONNECT')") == "f"


def test_pages_have_checksums_and_text_sorts_the_same_everywhere(cluster):
    assert cluster.sql("SHOW data_checksums") == "on"
    assert cluster.sql("SELECT datcollate FROM pg_database WHERE datname = 'sample'") == "C.UTF-8"


def test_the_package_made_no_cluster_of_its_own(cluster):
    assert [line.split()[1] for line in cluster.machine.check_output("pg_lsclusters --no-header").splitlines()] == [
        "pg_main"
    ]


def test_it_starts_with_the_machine(cluster):
    cluster.machine.check_output("systemctl restart postgresql")
    wait_for(lambda: cluster.machine.run("runuser -u postgres -- psql -XAtqc 'SELECT 1'").stdout.strip() == "1")
