# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of this folder stand on: servers that are what the collection takes them for, and a ledger that is right."""

from __future__ import annotations

import time

from support.helpers import whole


def test_discovery_finds_what_the_role_would_have_made(servers):
    answers, topology = servers.discover(), servers.topology()
    assert (topology["primary"], topology["errors"], topology["warnings"]) == ("pg-main", [], [])
    assert {name: found["verdict"] for name, found in topology["following"].items()} == {
        "pg-replica1": "follows",
        "pg-replica2": "follows",
    }
    assert all(answer["managed"] and not answer["configuration_errors"] for answer in answers.values())


def test_no_commit_is_acknowledged_without_a_standby(servers, ledger):
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.stop("pg-replica1", "pg-replica2")
    since = time.monotonic() + 0.2
    time.sleep(0.7)
    assert ledger.acknowledged_by("pg-main", since) == []
    servers.start("pg-replica1")
    ledger.await_commits("pg-main")
    ledger.end()
    assert ledger.lost("pg-main") == []


def test_a_machine_that_is_cut_off_has_no_answer_while_its_server_goes_on(servers, ledger):
    ledger.begin("pg-main")
    servers.unreachable.add("db01")
    ledger.await_commits("pg-main")
    assert set(servers.discover()) == {"pg-replica1", "pg-replica2"}
    assert servers.machines["db01"].run("true").code == 255


def test_what_is_asked_of_a_whole_cluster_is_answered(servers):
    def said(*names):
        return {name: servers.sql(name, whole.ASK)[0][0] for name in names or servers.members}

    assert whole.disorder_of_members(said()) == []
    servers.sql("pg-replica1", "SELECT pg_create_physical_replication_slot('forgotten')")
    assert whole.disorder_of_members(said()) == ["pg-replica1 has the slots ['forgotten'], expected []"]
    servers.stop("pg-replica2")
    found = whole.disorder_of_members({**said("pg-main", "pg-replica1"), "pg-replica2": {}})
    assert "pg-replica2 is not there, expected streaming quorum" in found
