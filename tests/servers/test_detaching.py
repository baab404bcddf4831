# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover detaches the standbys first. Whatever becomes of it, none of them stays so."""

from __future__ import annotations

import pytest
from support.helpers.servers import done, refused


def detached(servers):
    """Names of the standbys that are told to follow nobody."""
    return [name for name in servers.standbys if servers.told_to_follow(name) is None]


@pytest.fixture
def cut(servers, ledger):
    """Servers whose primary goes on, under load, while nobody can log in to its machine."""
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.unreachable.add("db01")
    return servers


def test_refused_every_standby_streams_again(cut, ledger):
    cut.stop("pg-replica2")
    refused(cut.change("failover", dead="pg-main"))
    cut.await_streaming("pg-main", "pg-replica1")
    ledger.await_commits("pg-main")
    assert detached(cut) == []


def test_a_machine_that_drops_out_after_detaching_stops_it_and_the_other_standby_streams_again(cut, ledger):
    def before(machine, script):
        if len(detached(cut)) == 2:
            cut.unreachable.add("db03")

    cut.before = before
    refused(cut.change("failover", dead="pg-main"))
    assert cut.value("pg-replica1", "pg_is_in_recovery()")
    cut.await_streaming("pg-main", "pg-replica1")
    ledger.await_commits("pg-main")
    ledger.end()
    assert ledger.lost("pg-main") == []


@pytest.mark.parametrize("count", [1, 2])
def test_killed_after_detaching_the_next_run_ends_well(cut, ledger, count):
    with cut.dying(lambda: len(detached(cut)) >= count):
        cut.change("failover", dead="pg-main")
    primary = done(cut.change("failover", dead="pg-main"))
    (other,) = {*cut.standbys} - {primary}
    cut.await_streaming(primary, other)
    ledger.begin(primary)
    ledger.await_commits(primary)
    ledger.end()
    assert ledger.lost(primary) == []
    assert ledger.two_at_once() == []


def test_killed_after_detaching_while_the_primary_lives_the_next_run_attaches_again(cut, ledger):
    with cut.dying(lambda: len(detached(cut)) == 2):
        cut.change("failover", dead="pg-main")
    cut.unreachable.clear()
    following = cut.topology()["following"]
    assert {found["verdict"] for found in following.values()} == {"detached"}
    assert "pg-main takes writes" in refused(cut.change("failover"))
    cut.await_streaming("pg-main", "pg-replica1", "pg-replica2")
    ledger.await_commits("pg-main")
