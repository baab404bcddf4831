# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover loses no acknowledged commit, also when the network, the operator and the settings are against it."""

from __future__ import annotations

import contextlib
import threading
import time
from functools import partial

import psycopg2
import pytest
from support.helpers.servers import done, refused
from support.helpers.servers_base import wait_for

WORD = "failover_accept_data_loss"


def untouched(servers, *names):
    """Whether standbys are standbys still, told to follow the primary that they followed."""
    return all(
        servers.value(name, "pg_is_in_recovery()") and servers.told_to_follow(name) == "pg-main" for name in names
    )


def other(servers, primary):
    """The standby that was not chosen."""
    return next(name for name in servers.standbys if name != primary)


def test_after_a_crash_the_standbys_go_on_without_the_primary(servers, ledger):
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.kill("pg-main")
    primary = done(servers.change("failover"))
    servers.await_streaming(primary, other(servers, primary))
    ledger.begin(primary)
    ledger.await_commits(primary)
    ledger.end()
    assert ledger.lost(primary) == []
    assert servers.topology()["following"][other(servers, primary)]["verdict"] == "follows"


def test_only_the_way_to_the_primary_is_cut_and_it_goes_on(servers, ledger):
    """Row 3: its standbys confirm until they are detached, so positions that were asked before count for nothing."""
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.unreachable.add("db01")
    # A network between the machines, whose every command takes a moment.
    servers.before = lambda machine, script: time.sleep(0.05)
    primary = done(servers.change("failover", dead="pg-main"))
    ledger.begin(primary)
    ledger.await_commits(primary)
    time.sleep(1)
    ledger.end()
    assert ledger.lost(primary) == []
    assert ledger.two_at_once() == []


def test_a_primary_that_hangs_and_whose_machine_drops_out_is_not_taken_for_dead(servers):
    """Row 4: nobody said that it is."""
    servers.freeze("pg-main")
    answers = servers.discover(timeout=1)
    assert answers["pg-main"]["state"] == "unresponsive"
    servers.unreachable.add("db01")
    result = servers.change("failover", answers)
    said = refused(result)
    assert "pg-main" in said and "failover_dead" in said
    assert not result["changed"] and untouched(servers, *servers.standbys)


def test_a_candidate_whose_machine_drops_out_is_noticed_before_the_first_change(servers):
    """Row 4: it answered before, so what it holds seemed to be known."""
    servers.kill("pg-main")
    answers = servers.discover()
    servers.unreachable.add("db03")
    result = servers.change("failover", answers)
    assert "pg-replica2" in refused(result)
    assert not result["changed"] and untouched(servers, *servers.standbys)
    accepted = servers.change("failover", answers, accept_data_loss=True, write_timeout=1)
    assert done(accepted) == "pg-replica1"
    assert any("at risk" in sentence and "pg-replica2" in sentence for sentence in accepted["plan"])


def test_only_the_primary_that_was_followed_may_be_named_as_dead(servers):
    """Row 5: a standby that does not run may be the only one that has a commit."""
    servers.kill("pg-main")
    servers.stop("pg-replica2")
    assert WORD in refused(servers.change("failover"))
    result = servers.change("failover", dead="pg-replica2", write_timeout=1)
    said = refused(result)
    assert "failover_dead is pg-replica2" in said and "pg-main" in said
    assert not result["changed"] and untouched(servers, "pg-replica1")


@pytest.mark.parametrize(("held_back", "decided"), [("5s", True), ("1h", False)])
def test_a_standby_that_has_not_replayed_yet_may_be_the_one_that_has_everything(servers, ledger, held_back, decided):
    """Row 6: it alone confirmed, and after a power cut it cannot tell yet how much it has."""
    servers.configure("pg-replica2", recovery_min_apply_delay=held_back)
    servers.sql("pg-replica2", "SELECT pg_reload_conf()")
    # What both received, and only one replayed, is further than what the other one tells after its restart.
    ledger.commit("pg-main", 10)
    servers.await_replayed("pg-main", "pg-replica1")
    servers.stop("pg-replica1")
    ledger.commit("pg-main", 50)
    servers.kill("pg-main", "pg-replica2")
    servers.start(*servers.standbys)
    assert servers.value("pg-replica2", "pg_last_wal_receive_lsn()") is None
    result = servers.change("failover", survey_timeout=10 if decided else 2, write_timeout=1)
    if result.get("failed") and not decided:
        assert untouched(servers, *servers.standbys)
        servers.configure("pg-replica2")
        servers.sql("pg-replica2", "SELECT pg_reload_conf()")
        result = servers.change("failover")
    assert done(result) == "pg-replica2"
    assert ledger.lost("pg-replica2") == []


def test_a_primary_that_nothing_can_stop_is_passed_over_once_its_machine_is_off(servers):
    """Row 12: its disk hangs, so it neither answers nor ends."""
    servers.freeze("pg-main")
    servers.stuck.add("db01")
    answers = servers.discover(timeout=1)
    assert "failover_powered_off=pg-main" in refused(servers.change("failover", answers, stop_timeout=1))
    assert untouched(servers, *servers.standbys)
    primary = done(servers.change("failover", answers, powered_off="pg-main"))
    servers.await_streaming(primary, other(servers, primary))
    servers.kill("pg-main")
    assert servers.writable() == [primary]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER SYSTEM SET synchronous_standby_names = ''",
        "ALTER ROLE writer SET synchronous_commit = 'no'",
        "ALTER DATABASE postgres SET synchronous_commit = 'off'",
        "ALTER ROLE ALL SET synchronous_commit = 'off'",
    ],
)
def test_the_weakest_setting_that_can_be_read_decides_whether_a_loss_is_possible(servers, statement):
    """Row 9: the standbys' own files ask for a confirmation, and the primary did not wait for one."""
    servers.sql("pg-main", statement)
    servers.sql("pg-main", "SELECT pg_reload_conf()")
    servers.await_replayed("pg-main", *servers.standbys)
    servers.kill("pg-main")
    for check in (True, False):
        said = refused(servers.change("failover", check=check))
        assert WORD in said and "0 bytes" not in said
    assert untouched(servers, *servers.standbys)
    accepted = servers.change("failover", accept_data_loss=True)
    done(accepted)
    assert "at risk: 0 bytes" not in "\n".join(accepted["plan"])
    assert "()" not in "\n".join(accepted["plan"]), "where it was said"


def test_what_ends_in_the_middle_of_a_record_is_not_past_the_fork(servers, ledger):
    """The primary died while it wrote a large record, and the new one's timeline begins before that."""

    def write():
        with contextlib.suppress(psycopg2.Error):
            servers.sql("pg-main", "SELECT pg_logical_emit_message(true, 'tests', repeat('x', 100000000))")

    # A standby looks again and again whether the record is complete by now, and cannot be asked for the end meanwhile.
    for name in servers.standbys:
        servers.configure(name, wal_retrieve_retry_interval="20ms")
        servers.sql(name, "SELECT pg_reload_conf()")
    before = servers.value("pg-main", "pg_current_wal_lsn()")
    writer = threading.Thread(target=write)
    writer.start()
    for name in servers.standbys:
        received = partial(servers.value, name, f"pg_last_wal_receive_lsn() - '{before}' > 10000000")
        wait_for(received, 10, f"a part of the record on {name}")
    servers.kill("pg-main")
    writer.join()
    incomplete = "pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() + 5000000"
    assert all(servers.value(name, incomplete) for name in servers.standbys)
    result = servers.change("failover")
    primary = done(result)
    assert not [note for note in result["notes"] if "diverged" in note]
    servers.await_streaming(primary, other(servers, primary))
    assert servers.topology()["following"][other(servers, primary)]["verdict"] == "follows"
    ledger.begin(primary)
    ledger.await_commits(primary)
