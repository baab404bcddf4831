# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import SessionError
from ansible_collections.plannerate.infra.plugins.modules import postgres_replication_slots as module

PURGE = {"managed_pattern": "pg_.*", "purge": {"lost": True}, "max_drops": 5}


def slot(name, **others):
    blank = dict.fromkeys(["plugin", "database", "inactive_seconds", "invalidation_reason", "failover", "synced"])
    blank.update(
        type="physical", two_phase=False, temporary=False, active=False, wal_status="reserved", retained_bytes=0
    )
    return {"name": name, **blank, **others}


class Server:
    """Stands for PostgreSQL: holds slots and understands the module's statements."""

    def __init__(self):
        self.slots = {}
        self.databases = []
        self.before_recheck = None
        self.failing = None

    def connect(self, params, database=None):
        self.databases.append(database)
        return self

    def row(self, query, arguments=None):
        return {"version": 15, "in_recovery": False, "max_replication_slots": 10}

    def rows(self, query, arguments=None):
        if arguments is not None:
            if arguments["name"] and self.before_recheck:
                self.before_recheck(self.slots)
            return [dict(found) for name, found in self.slots.items() if arguments["name"] in (None, name)]
        if self.failing and self.failing in query:
            raise SessionError("the server refuses")
        name = re.search(r"'([^']*)'", query).group(1)
        if "drop" in query:
            del self.slots[name]
        else:
            self.slots[name] = slot(name)
        return [{}]

    def close(self):
        pass


@pytest.fixture
def server(monkeypatch):
    server = Server()
    monkeypatch.setattr(module, "Session", server.connect)
    monkeypatch.setattr(module, "require_psycopg2", lambda ansible_module: None)
    return server


@pytest.fixture
def run(run_module, server):
    def run(*names, check=False, **others):
        return run_module(module, {"slots": [{"name": name} for name in names], **others}, check=check)

    return run


def plan_of(told):
    keys = ("changed", "created", "dropped", "recreated", "kept", "lost", "queries", "diff")
    return {key: told[key] for key in keys}


def test_check_mode_prints_the_plan_that_the_run_carries_out(run, server):
    server.slots = {name: slot(name, wal_status="lost") for name in ("pg_gone", "pg_rebuilt", "other")}
    arguments = {**PURGE, "recreate_lost": ["pg_rebuilt"]}
    told = run("pg_new", "pg_rebuilt", check=True, **arguments)
    assert set(server.slots) == {"pg_gone", "pg_rebuilt", "other"}
    done = run("pg_new", "pg_rebuilt", **arguments)
    assert plan_of(told) == plan_of(done)
    assert done["queries"] == [
        "SELECT pg_drop_replication_slot('pg_gone')",
        "SELECT pg_drop_replication_slot('pg_rebuilt')",
        "SELECT pg_create_physical_replication_slot('pg_rebuilt', true)",
        "SELECT pg_create_physical_replication_slot('pg_new', true)",
    ]
    assert set(server.slots) == {"pg_new", "pg_rebuilt", "other"}
    again = run("pg_new", "pg_rebuilt", **arguments)
    assert (again["changed"], again["queries"], again["diff"]["before"]) == (False, [], again["diff"]["after"])


def test_the_diff_shows_each_slot(run, server):
    server.slots = {"pg_gone": slot("pg_gone", wal_status="lost")}
    assert run("pg_new", check=True, **PURGE)["diff"] == {
        "before": {"pg_gone": {"type": "physical", "wal_status": "lost"}},
        "after": {"pg_new": {"type": "physical"}},
    }


def test_a_slot_that_becomes_active_before_its_drop_stays(run, server):
    server.slots = {"pg_gone": slot("pg_gone", wal_status="lost")}
    server.before_recheck = lambda slots: slots["pg_gone"].update(active=True)
    told = run(**PURGE)
    assert (told["changed"], told["dropped"], told["queries"]) == (False, [], [])
    assert told["kept"][0]["reason"] == "no longer a reason to drop it"
    assert "pg_gone" in server.slots


def test_a_slot_that_somebody_else_dropped_is_no_failure(run, server):
    server.slots = {"pg_gone": slot("pg_gone", wal_status="lost")}
    server.before_recheck = lambda slots: slots.clear()
    told = run(**PURGE)
    assert (told["changed"], told["dropped"], told["kept"]) == (False, [], [])


def test_a_listed_lost_slot_is_a_warning_not_a_failure(run, server):
    server.slots = {"pg_a": slot("pg_a", wal_status="lost")}
    told = run("pg_a", **PURGE)
    assert not told["changed"]
    assert [found["name"] for found in told["lost"]] == ["pg_a"]
    assert "pg_a is lost" in str(told["warnings"])


def test_a_logical_slot_is_made_and_dropped_in_its_database(run_module, server):
    logical = {"name": "pg_l", "type": "logical", "plugin": "pgoutput", "database": "app"}
    run_module(module, {"slots": [logical]})
    server.slots = {"pg_l": slot("pg_l", database="old", wal_status="lost", type="logical", plugin="pgoutput")}
    run_module(module, {"slots": [], **PURGE})
    assert server.databases == ["postgres", "app", "postgres", "old"]


def test_a_statement_that_fails_tells_what_was_done_before_it(run, server):
    server.slots = {"pg_gone": slot("pg_gone", wal_status="lost")}
    server.failing = "pg_new"
    told = run("pg_new", **PURGE)
    assert told["failed"]
    assert told["changed"]
    assert "the server refuses" in told["msg"]
    assert [found["name"] for found in told["dropped"]] == ["pg_gone"]


def test_a_refusal_changes_nothing(run, server):
    server.slots = {"pg_a": slot("pg_a", temporary=True)}
    told = run("pg_a", "pg_b")
    assert told["failed"]
    assert set(server.slots) == {"pg_a"}
