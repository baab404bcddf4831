# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""While the store is away, writes go on and what waits is told; when it is back, everything that waited arrives."""

from __future__ import annotations

import time

from support.helpers.servers_base import own, wait_for


def waiting(servers):
    return servers.value("pg-main", "(SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')")


def test_what_waited_for_the_store_arrives_without_a_gap(make_physical):
    site = make_physical()
    servers = site.servers
    site.good("prepare")
    servers.sql("pg-main", "CREATE TABLE t (); SELECT pg_switch_wal()")
    wait_for(lambda: waiting(servers) == 0, 30, "an empty queue")
    site.good("watch")
    site.store.stop()
    try:
        for _segment in range(4):
            servers.sql(
                "pg-main",
                "CREATE TEMPORARY TABLE u AS SELECT 1; INSERT INTO ledger VALUES (1, 1); SELECT pg_switch_wal()",
            )
        told = site.good("watch")
        assert told["waiting_segments"] >= 4
        assert told["behind_seconds"] > 0
        assert site.metric("waiting_segments") >= 4
    finally:
        site.store.start()
    wait_for(lambda: waiting(servers) == 0, 90, "an empty queue")
    far = servers.directory / "far"
    far.mkdir()
    own(far)
    servers.sql("pg-main", f"CREATE TABLESPACE far LOCATION '{far}'")
    servers.sql("pg-main", "CREATE TABLE remote TABLESPACE far AS SELECT 1")
    made = site.good("backup", "full")
    assert made["gaps"] == 0
    assert site.good("watch")["behind_seconds"] == 0
    assert site.metric("job_success") == 1
    assert abs(site.metric("backup_timestamp_seconds") - time.time()) < 60

    before = sorted(path.name for path in far.rglob("*"))
    site.good("restore", "copy")
    asked = "SELECT pg_tablespace_location(oid), (SELECT count(*) FROM ledger), (SELECT count(*) FROM remote)"
    (told,) = site.restored("copy", f"{asked} FROM pg_tablespace WHERE spcname = 'far'")
    place, written, remote = told.split("|")
    assert (written, remote) == ("4", "1")
    # A copy has its own of everything: the running server's is as it was.
    assert place.startswith(f"{site.directory}/restored/copy/")
    assert sorted(path.name for path in far.rglob("*")) == before
    site.good("remove", "copy")
