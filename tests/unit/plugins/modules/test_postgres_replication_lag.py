# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import SessionError
from ansible_collections.plannerate.infra.plugins.modules import postgres_replication_lag as module

IDENTITY = {"in_recovery": False, "system_identifier": "77"}


class Servers:
    """Stands for a primary on port 5432 and a standby on 5433 that replays with every pause."""

    def __init__(self):
        self.identities = {5432: dict(IDENTITY), 5433: dict(IDENTITY, in_recovery=True)}
        self.written, self.replayed, self.step = 100, 100, 0
        self.connected, self.paused, self.slept = True, False, 0.0

    def connect(self, params, database=None):
        if params["login_port"] not in self.identities:
            raise SessionError("connection refused")
        return Session(self, params["login_port"])

    def sleep(self, seconds):
        self.slept += seconds
        self.replayed = min(self.written, self.replayed + self.step)


class Session:
    def __init__(self, servers, port):
        self.servers, self.port = servers, port

    def row(self, query, arguments=None):
        servers = self.servers
        if query == module.IDENTITY:
            return servers.identities[self.port]
        if query == module.LSN:
            return {"lsn": f"0/{servers.written:X}"}
        return {"replay_lsn": f"0/{servers.replayed:X}", "replay_paused": servers.paused, "since_replayed": 7.0}

    def rows(self, query, arguments=None):
        position = f"0/{self.servers.replayed:X}"
        row = dict.fromkeys(("sent_lsn", "write_lsn", "flush_lsn", "replay_lsn"), position)
        row.update(name="r1", state="streaming", sync_state="async", client_addr=None, replay_seconds=0.1)
        return [row] if self.servers.connected else []

    def close(self):
        pass


@pytest.fixture
def servers(monkeypatch):
    servers = Servers()
    monkeypatch.setattr(module, "Session", servers.connect)
    monkeypatch.setattr(module, "require_psycopg2", lambda ansible_module: None)
    monkeypatch.setattr(module.time, "sleep", servers.sleep)
    monkeypatch.setattr(module.time, "monotonic", lambda: servers.slept)
    return servers


@pytest.fixture
def run(run_module, servers):
    def run(port=5433, **others):
        return run_module(module, {"expected": [{"name": "r1", "host": "db01", "port": port}], **others})

    return run


def test_without_thresholds_it_reports_and_never_fails(run, servers):
    servers.connected, servers.replayed = False, 0
    told = run()
    assert "failed" not in told
    assert (told["changed"], told["missing"], told["standbys"]["r1"]["replay_bytes"]) == (False, ["r1"], 100)


def test_a_threshold_fails_with_the_figures(run, servers):
    servers.replayed, servers.paused = 40, True
    told = run(max_bytes=10, max_seconds=5)
    assert told["failed"]
    assert "60 bytes behind, 7.0 s behind" in told["msg"]
    assert told["standbys"]["r1"]["replay_paused"] is True


def test_what_is_only_in_transit_is_measured_again(run, servers):
    servers.replayed, servers.step = 99, 1
    assert run(max_seconds=1)["standbys"]["r1"]["seconds"] == 0.0


def test_waiting_ends_when_all_that_was_written_is_replayed(run, servers):
    servers.replayed, servers.step = 90, 1
    told = run(wait=True, timeout=60)
    assert "failed" not in told
    assert told["standbys"]["r1"]["replay_bytes"] == 0
    assert 0 < told["waited"] < 60


def test_waiting_fails_at_its_timeout_with_the_figures(run, servers):
    servers.replayed, servers.paused = 40, True
    told = run(wait=True, timeout=5, interval=2)
    assert told["failed"]
    assert told["waited"] == 5.0
    assert "after 5.0 s, limit 5 s: r1 is streaming, async, 60 bytes behind" in told["msg"]


def test_waiting_with_a_threshold_ends_within_it(run, servers):
    servers.replayed, servers.step = 40, 10
    told = run(wait=True, max_bytes=50)
    assert "failed" not in told
    assert told["standbys"]["r1"]["replay_bytes"] <= 50


def test_waiting_for_a_standby_that_never_comes_fails(run, servers):
    servers.connected = False
    told = run(wait=True, timeout=3)
    assert told["failed"]
    assert told["missing"] == ["r1"]


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        ({"in_recovery": False}, "answers as a primary"),
        ({"system_identifier": "78"}, "of cluster 78, expected a standby of 77"),
    ],
)
def test_another_server_in_the_standbys_place_is_not_believed(run, servers, identity, message):
    servers.identities[5433].update(identity)
    servers.replayed = 40
    standby = run()["standbys"]["r1"]
    assert message in standby["detail"]
    assert (standby["replay_bytes"], standby["seconds"]) == (60, None)


def test_a_standby_that_cannot_be_reached_is_told(run, servers):
    assert "connection refused" in run(port=5999)["standbys"]["r1"]["detail"]


def test_a_standby_in_place_of_the_primary_is_refused(run_module, servers):
    told = run_module(module, {"expected": [], "login_port": 5433})
    assert told["msg"] == "the server on port 5433 is a standby, expected the primary: run this on the primary"
