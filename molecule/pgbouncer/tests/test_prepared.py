# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer since 1.21: prepared statements as Laravel sends them, and replicas on two machines."""

from __future__ import annotations

from support.helpers.lab import wait_for


def servers(pooler, count=12):
    question = "SELECT host(inet_server_addr()) || ':' || inet_server_port()"
    return [pooler.psql(question, dbname="sample_ro").stdout.strip() for _attempt in range(count)]


def test_it_is_new_enough_and_remembers_prepared_statements(pooler):
    assert pooler.version() >= (1, 21)
    assert {row["key"]: row["value"] for row in pooler.console("CONFIG")}["max_prepared_statements"] == "200"


def test_reads_go_on_with_the_replica_of_either_machine(pooler):
    """The certificate of either verifies, although PgBouncer reaches both through HAProxy on loopback."""
    for machine, unit, other in (
        (pooler.machine, "postgresql@17-pg_replica1", "198.18.0.23:5432"),
        (pooler.client, "postgresql@17-pg_replica2", "198.18.0.22:5433"),
    ):
        machine.check_output(f"systemctl stop {unit}")
        try:
            wait_for(lambda other=other: servers(pooler, 1) == [other], what=f"reads without {unit}")
            assert set(servers(pooler, 3)) == {other}
        finally:
            machine.check_output(f"systemctl start {unit}")
        wait_for(lambda: servers(pooler, 1) != [""], what="reads again")
