# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was acknowledged by a moment comes back as of that moment, and no moment is promised that cannot."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from support.helpers.servers_base import wait_for
from support.helpers.writers import Ledger

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.moments import moment as moment_of

CLIENTS = 2


def text(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def await_archived(site, moment):
    """Until something that was committed later is in the archive."""

    def is_archived():
        return any(one["end"] > text(moment) for one in site.good("list")["windows"])

    wait_for(is_archived, 40, "a later commit in the archive")


def test_a_dropped_table_comes_back_with_exactly_the_rows_acknowledged_by_then(make_physical):
    site = make_physical({"pg-main": "db01", "pg-replica1": "db02"})
    servers = site.servers
    assert "no backup" in site.refused("restore", "nothing")
    assert site.good("prepare") == {"changed": True, "backups": 0, "due": True}
    assert site.good("prepare") == {"changed": False, "backups": 0, "due": True}
    made = site.good("backup", "diff")
    # The first one is full whatever is asked for; read from the standby.
    assert (made["kind"], made["gaps"]) == ("full", 0)
    assert site.good("prepare") == {"changed": False, "backups": 1, "due": False}
    # Where archiving was turned off meanwhile, which removes what was known.
    (site.directory / "state" / "state.json").rename(site.directory / "state" / "before.json")
    assert site.good("prepare")["due"]
    (site.directory / "state" / "before.json").rename(site.directory / "state" / "state.json")
    # Of the moment at which it ended, pgBackRest says the second.
    time.sleep(1)
    offset = time.time() - time.monotonic()
    with Ledger(servers) as ledger:
        ledger.begin("pg-main", CLIENTS)
        ledger.await_commits("pg-main", 100)
        moment = time.time()
        ledger.await_commits("pg-main", 100)
    servers.sql("pg-main", "DROP TABLE ledger")
    servers.sql("pg-main", "CREATE TABLE later (); SELECT pg_switch_wal()")
    await_archived(site, moment)
    assert site.good("backup", "diff")["kind"] == "diff"

    before = site.objects()
    plan = site.good("restore", "copy", "--kind=time", f"--target={text(moment)}", "--check")
    assert plan["backup"] == made["backup"]
    assert site.objects() == before
    assert not (site.directory / "restored" / "copy").exists()

    done = site.good("restore", "copy", "--kind=time", f"--target={text(moment)}")
    print(done)
    rows = {int(line) for line in site.restored("copy", "SELECT number FROM ledger")}
    acknowledged = [(one.number, one.at + offset) for one in ledger.acknowledged]
    by_then = {number for number, at in acknowledged if at <= moment}
    assert by_then <= rows
    # Of those that were acknowledged later, each client had one under way.
    assert len(rows - by_then) <= CLIENTS
    assert len(acknowledged) - len(by_then) >= 100
    # It is nobody's server: it archives nothing, and the running ones go on as they were.
    settings = "SELECT setting FROM pg_settings WHERE name IN ('archive_mode', 'listen_addresses') ORDER BY name"
    assert site.restored("copy", settings) == ["off", ""]
    assert servers.value("pg-main", "to_regclass('ledger')") is None
    assert "is there already" in site.refused("restore", "copy")
    site.good("remove", "copy")
    assert not (site.directory / "restored" / "copy").exists()

    # Told a moment after the last commit in the archive, PostgreSQL itself fails.
    (window,) = site.good("list")["windows"]
    resting = text(moment_of(window["end"]).timestamp() - 0.5)
    assert site.good("restore", "end", "--kind=time", f"--target={resting}")["backup"] == made["backup"]
    assert site.restored("end", "SELECT to_regclass('later'), to_regclass('ledger')") == ["later|"]
    site.good("remove", "end")
    for target, word, nearest in (
        ("2026-01-31T15:06:59+01:00", "before the first backup", window["begin"]),
        (text(time.time() + 3600), "after the last commit", window["end"]),
    ):
        said = site.refused("restore", "copy", "--kind=time", f"--target={target}", "--check")
        assert word in said, said
        assert nearest in said, said
    assert "has no zone" in site.refused("restore", "copy", "--kind=time", "--target=2026-01-31 15:06:59", code=2)
