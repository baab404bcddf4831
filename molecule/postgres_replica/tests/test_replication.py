# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL 17, with one replica on the primary's machine and one on another."""

from __future__ import annotations

from support.helpers.lab import over_ssh


def test_it_is_17(cluster):
    assert cluster.sql("SHOW server_version_num").startswith("17")


def test_both_replicas_stream_through_tls_and_count_for_the_quorum(cluster):
    rows = cluster.sql(
        "SELECT application_name, state, sync_state, ssl FROM pg_stat_replication JOIN pg_stat_ssl USING (pid) ORDER BY 1"
    )
    assert rows.splitlines() == ["pg-replica1|streaming|quorum|t", "pg-replica2|streaming|quorum|t"]


def test_the_replica_of_the_other_machine_has_what_the_primary_has():
    other = over_ssh("198.18.0.23")
    assert other.check_output("runuser -u postgres -- psql -XAtqc 'SELECT pg_is_in_recovery()'") == "t"
    assert (
        "sample" in other.check_output("runuser -u postgres -- psql -XAtqc 'SELECT datname FROM pg_database'").split()
    )


def test_both_slots_are_active(cluster):
    assert cluster.sql("SELECT bool_and(active) AND count(*) = 2 FROM pg_replication_slots") == "t"


def test_the_members_of_one_machine_divide_its_memory_and_the_lone_one_has_all(cluster):
    assert cluster.sql("SHOW shared_buffers") == "192MB"
    lone = over_ssh("198.18.0.23").check_output("runuser -u postgres -- psql -XAtqc 'SHOW shared_buffers'")
    assert lone == "384MB"


def test_only_the_authority_keeps_the_credentials():
    assert not over_ssh("198.18.0.23").file("/root/.credentials").exists
