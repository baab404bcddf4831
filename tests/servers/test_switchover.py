# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switchover moves the role, or puts everything back."""

from __future__ import annotations

import threading
import time

from support.helpers.servers import done, refused


def test_the_role_moves_and_everybody_follows(servers, ledger):
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    assert done(servers.change("switchover", target="pg-replica1")) == "pg-replica1"
    servers.await_streaming("pg-replica1", "pg-main", "pg-replica2")
    ledger.begin("pg-replica1")
    ledger.await_commits("pg-replica1")
    ledger.end()
    assert ledger.lost("pg-replica1") == []
    assert ledger.two_at_once() == []


def test_a_target_that_receives_nothing_keeps_the_old_primary(servers, ledger):
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    (receiver,) = servers.processes("pg-replica1", "walreceiver")
    servers.signal(receiver, "STOP")

    def thaw_later() -> None:
        until = time.monotonic() + 60
        while "fast shutdown request" not in servers.log_file("pg-main").read_text() and time.monotonic() < until:
            time.sleep(0.1)
        # Long after the switchover has given up, and before the primary gives the standby up.
        time.sleep(5)
        servers.signal(receiver, "CONT")

    thaw = threading.Thread(target=thaw_later)
    thaw.start()
    said = refused(servers.change("switchover", target="pg-replica1", stop_timeout=2, max_lag_bytes=1 << 30))
    thaw.join()
    assert "stopping pg-main on db01 was not done after 2 s" in said
    assert "Everything is as it was: pg-main is the primary" in said
    servers.await_streaming("pg-main", "pg-replica1", "pg-replica2")
    ledger.await_commits("pg-main")
    ledger.end()
    assert ledger.lost("pg-main") == []
    assert servers.writable() == ["pg-main"]
