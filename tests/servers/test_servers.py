# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of this folder stand on: servers that are what the collection takes them for."""

from __future__ import annotations


def test_discovery_finds_them_as_the_role_would_have_made_them(servers):
    topology = servers.topology()
    assert (topology["primary"], topology["errors"], topology["warnings"]) == ("pg-main", [], [])
    assert [found["verdict"] for found in topology["following"].values()] == ["follows", "follows"]
    assert all(answer["managed"] for answer in servers.discover().values())


def test_a_commit_is_acknowledged_once_a_standby_has_it(servers, ledger):
    ledger.begin("pg-main")
    servers.stop("pg-replica1", "pg-replica2")
    import time
    time.sleep(0.3)
    since = time.monotonic()
    time.sleep(0.5)
    assert ledger.acknowledged_by("pg-main", since) == []
