# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover loses no acknowledged commit, also when the network, the operator and the settings are against it."""

from __future__ import annotations

import contextlib
import threading
import time

import psycopg2
import pytest
from support.helpers.lab import wait_for

WORD = "failover_accept_data_loss"


def untouched(servers, *names):
    """Whether standbys are standbys still, told to follow the primary that they followed."""
    return all(
        servers.value(name, "pg_is_in_recovery()") and servers.told_to_follow(name) == "pg-main" for name in names
    )


def test_after_a_crash_the_standbys_go_on_without_the_primary(servers, ledger):
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.kill("pg-main")
    result = servers.change("failover")
    assert not result.get("failed"), result
    (other,) = {"pg-replica1", "pg-replica2"} - {result["primary"]}
    servers.await_streaming(result["primary"], other)
    ledger.begin(result["primary"])
    ledger.await_commits(result["primary"])
    ledger.end()
    assert ledger.lost(result["primary"]) == []
    assert servers.topology()["following"][other]["verdict"] == "follows"


def test_only_the_way_to_the_primary_is_cut_and_it_goes_on(servers, ledger):
    """Row 3: its standbys confirm until they are detached, so positions that were asked before count for nothing."""
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.unreachable.add("db01")
    # A network between the machines, whose every command takes a moment.
    servers.before = lambda machine, script: time.sleep(0.05)
    result = servers.change("failover", dead="pg-main")
    assert not result.get("failed"), result
    ledger.begin(result["primary"])
    ledger.await_commits(result["primary"])
    time.sleep(1)
    ledger.end()
    assert ledger.lost(result["primary"]) == []
    assert ledger.two_at_once() == []


def test_a_primary_that_hangs_and_whose_machine_drops_out_is_not_taken_for_dead(servers):
    """Row 4: nobody said that it is."""
    servers.freeze("pg-main")
    answers = servers.discover(timeout=1)
    assert answers["pg-main"]["state"] == "unresponsive"
    servers.unreachable.add("db01")
    result = servers.change("failover", answers)
    assert result.get("failed") and not result["changed"], result
    assert "pg-main" in result["msg"] and "failover_dead" in result["msg"]
    assert untouched(servers, "pg-replica1", "pg-replica2")


@pytest.mark.parametrize("accepted", [False, True], ids=["", "loss accepted"])
def test_a_candidate_whose_machine_drops_out_is_noticed_before_the_first_change(servers, accepted):
    """Row 4: it answered before."""
    servers.kill("pg-main")
    answers = servers.discover()
    servers.unreachable.add("db03")
    result = servers.change("failover", answers, accept_data_loss=accepted)
    assert result.get("failed") and not result["changed"], result
    assert "db03" in result["msg"] and "pg-replica2" in result["msg"]
    assert untouched(servers, "pg-replica1", "pg-replica2")


def test_only_the_primary_that_was_followed_may_be_named_as_dead(servers):
    """Row 5: a standby that does not run may be the only one that has a commit."""
    servers.kill("pg-main")
    servers.stop("pg-replica2")
    refused = servers.change("failover")
    assert refused.get("failed") and WORD in refused["msg"], refused
    named = servers.change("failover", dead="pg-replica2")
    assert named.get("failed") and not named["changed"], named
    assert "failover_dead is pg-replica2" in named["msg"] and "pg-main" in named["msg"]
    assert untouched(servers, "pg-replica1")


@pytest.mark.parametrize(("held_back", "decided"), [("4s", True), ("1h", False)])
def test_a_standby_that_has_not_replayed_yet_may_be_the_one_that_has_everything(servers, ledger, held_back, decided):
    """Row 6: it alone confirmed, and after a power cut it cannot tell yet how much it has."""
    servers.stop("pg-replica1")
    ledger.commit("pg-main", 50)
    servers.set("pg-replica2", recovery_min_apply_delay=held_back)
    servers.kill("pg-main", "pg-replica1", "pg-replica2")
    servers.start("pg-replica1", "pg-replica2")
    assert servers.value("pg-replica2", "pg_last_wal_receive_lsn()") is None
    result = servers.change("failover")
    if decided:
        assert not result.get("failed"), result
    elif result.get("failed"):
        assert untouched(servers, "pg-replica1", "pg-replica2")
        servers.set("pg-replica2")
        servers.sql("pg-replica2", "SELECT pg_reload_conf()")
        result = servers.change("failover")
    assert result.get("primary") == "pg-replica2", result
    assert ledger.lost("pg-replica2") == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER SYSTEM SET synchronous_standby_names = ''",
        "ALTER SYSTEM SET synchronous_commit = 'local'",
        "ALTER ROLE writer SET synchronous_commit = 'local'",
        "ALTER DATABASE postgres SET synchronous_commit = 'off'",
    ],
)
def test_the_weakest_setting_that_can_be_read_decides_whether_a_loss_is_possible(servers, statement):
    """Row 9: the standbys' own files ask for a confirmation, and the primary did not wait for one."""
    servers.sql("pg-main", statement)
    servers.sql("pg-main", "SELECT pg_reload_conf()")
    servers.await_replayed("pg-main", "pg-replica1", "pg-replica2")
    servers.kill("pg-main")
    for check in (True, False):
        result = servers.change("failover", check=check)
        assert result.get("failed") and WORD in result["msg"], result
        assert "0 bytes" not in result["msg"]
    assert untouched(servers, "pg-replica1", "pg-replica2")
    accepted = servers.change("failover", accept_data_loss=True)
    assert not accepted.get("failed"), accepted
    assert "at risk: 0 bytes" not in "\n".join(accepted["plan"])


def test_what_ends_in_the_middle_of_a_record_is_not_past_the_fork(servers, ledger):
    """The primary died while it wrote a large record, and the new one's timeline begins before that."""

    def write():
        with contextlib.suppress(psycopg2.Error):
            servers.sql("pg-main", "SELECT pg_logical_emit_message(true, 'tests', repeat('x', 100000000))")

    before = servers.value("pg-main", "pg_current_wal_lsn()")
    writer = threading.Thread(target=write)
    writer.start()
    for name in servers.standbys:
        wait_for(
            lambda name=name: servers.value(name, f"pg_last_wal_receive_lsn() - '{before}'") > 1 << 20, 10, f"WAL on {name}"
        )
    servers.kill("pg-main")
    writer.join()
    received = "pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() + 1000000"
    assert all(servers.value(name, received) for name in servers.standbys)
    result = servers.change("failover")
    assert not result.get("failed"), result
    (other,) = {*servers.standbys} - {result["primary"]}
    servers.await_streaming(result["primary"], other)
    assert servers.topology()["following"][other]["verdict"] == "follows"
    ledger.begin(result["primary"])
    ledger.await_commits(result["primary"])
