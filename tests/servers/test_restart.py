# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member restarts for its settings, or goes on with those of before and says why."""

from __future__ import annotations

import pytest
from support.helpers.servers import done, refused

BAD = {
    "a library that is not there": ({"shared_preload_libraries": "pg_nowhere"}, 'could not access file "pg_nowhere"'),
    "more memory than there is": (
        {"shared_buffers": "900GB", "huge_pages": "off"},
        "could not map anonymous shared memory",
    ),
    "huge pages that nobody reserved": ({"huge_pages": "on"}, "could not map anonymous shared memory"),
}


def given(servers, name, **settings):
    servers.configure(name, **settings)
    servers.sql(name, "SELECT pg_reload_conf()")


@pytest.mark.parametrize("name", ["pg-main", "pg-replica1"])
def test_it_runs_with_what_it_was_given(servers, ledger, name):
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    given(servers, name, max_locks_per_transaction=128)
    plan = servers.change("restart", target=name, check=True)
    assert plan["changed"] and f"{name} restarts for max_locks_per_transaction (now 64)" in plan["plan"]
    assert servers.value(name, "current_setting('max_locks_per_transaction')") == "64"
    result = servers.change("restart", target=name)
    assert done(result) == ("pg-main" if name == "pg-main" else "None")
    assert servers.value(name, "current_setting('max_locks_per_transaction')") == "128"
    servers.await_streaming("pg-main", "pg-replica1", "pg-replica2")
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    ledger.end()
    assert ledger.lost("pg-main") == []
    assert not servers.change("restart", target=name)["changed"]


@pytest.mark.parametrize("name", ["pg-main", "pg-replica1"])
@pytest.mark.parametrize("what", BAD)
def test_it_runs_with_the_settings_of_before_where_it_does_not_start(servers, name, what):
    settings, message = BAD[what]
    before = {each: servers.value(name, f"current_setting('{each}')") for each in settings}
    given(servers, name, **settings)
    said = refused(servers.change("restart", target=name))
    assert message in said and "It runs again, with the values of before" in said, said
    assert {each: servers.value(name, f"current_setting('{each}')") for each in settings} == before
    servers.await_streaming("pg-main", "pg-replica1", "pg-replica2")
    assert servers.writable() == ["pg-main"]


def test_a_setting_that_was_taken_away_waits_for_a_restart_and_is_no_error(servers):
    given(servers, "pg-replica1", track_commit_timestamp="on")
    done(servers.change("restart", target="pg-replica1"))
    given(servers, "pg-replica1")
    answer = servers.discover()["pg-replica1"]
    assert answer["pending_restart"] == ["track_commit_timestamp"]
    assert not answer["configuration_errors"]
    done(servers.change("restart", target="pg-replica1"))
    assert servers.value("pg-replica1", "current_setting('track_commit_timestamp')") == "off"
