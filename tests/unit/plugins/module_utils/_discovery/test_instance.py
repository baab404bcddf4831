# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance, describe_instance
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import statements
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.versions import KNOWN

CONFIG = {
    "config_present": True,
    "managed": True,
    "adopted_at": None,
    "adopted_rules": None,
    "adopted_settings": None,
    "detached_from": None,
    "marker": None,
}
CONTROL = {
    "system_identifier": "77",
    "cluster_state": "shut down in recovery",
    "lsn": "0/30",
    "recovery_end_lsn": "0/40",
    "timeline": 2,
    "data_checksums": True,
    "wal_log_hints": False,
    "settings": {"max_connections": 100},
}
SERVER = {
    "in_recovery": True,
    "server_version_num": 150018,
    "system_identifier": "77",
    "timeline": 3,
    "lsn": None,
    "receive_lsn": "0/60",
    "replay_lsn": "0/50",
    "replay_paused": False,
    "replay_at_end": True,
    "data_checksums": True,
    "wal_log_hints": True,
    "primary_conninfo": "host=db01 port=5432 password=secret",
    "primary_slot_name": "r1",
    "detached_from": None,
    "wal_receiver": None,
    "load_time": 1000.5,
    "pending_restart": None,
    "restart_settings": None,
    "archive_is_ours": False,
    "configuration_errors": None,
    "settings": {"max_connections": 100},
    "roles": ["app"],
    "md5_roles": None,
    "role_connections": None,
    "locales": {"app": "UTF8 C.UTF-8"},
    "clients": None,
    "started_at": 900.0,
    "databases": ["app"],
    "slots": None,
    "synchronous_settings": None,
    "synchronous": None,
}


def data_directory(state="complete", **others):
    blank = {"detail": None, "data_present": True, "version": 15, "standby": True, "auto_conf": [], "postmaster": None}
    return {"state": state, **blank, **others}


def instance(data, control=None, server=None, config=None, **others):
    return describe_instance(5432, 1000, config or CONFIG, data, control, server, **others)


RUNNING = {"pid": 42, "port": 5499, "socket_directory": "/run"}


@pytest.mark.parametrize(
    ("directory", "server", "state"),
    [
        (data_directory("no_data"), None, "no_data"),
        (data_directory("incomplete"), None, "incomplete"),
        (data_directory(), None, "stopped"),
        (data_directory(postmaster=RUNNING), None, "unresponsive"),
        (data_directory(postmaster=RUNNING), SERVER, "running"),
    ],
)
@pytest.mark.parametrize("control", [None, CONTROL])
def test_every_key_is_always_there(directory, server, state, control):
    found = instance(directory, control, server)
    assert set(found) == set(Instance.__annotations__)
    assert found["state"] == state


def test_a_stopped_member_tells_what_it_would_start_as():
    found = instance(data_directory(), CONTROL)
    assert (found["role"], found["lsn"], found["replay_lsn"], found["timeline"]) == ("standby", "0/30", "0/40", 2)
    assert instance(data_directory(standby=False), CONTROL)["role"] == "primary"


def test_a_stopped_primary_has_nothing_to_replay():
    found = instance(data_directory(standby=False), CONTROL)
    assert (found["lsn"], found["replay_lsn"]) == ("0/30", None)


@pytest.mark.parametrize(("standby", "told"), [(True, "main"), (False, None)])
def test_only_a_standby_is_detached(standby, told):
    """Whoever was detached and promoted afterwards has the file still."""
    config = {**CONFIG, "detached_from": "main"}
    server = {**SERVER, "in_recovery": standby, "detached_from": "main"}
    assert instance(data_directory(standby=standby), CONTROL, config=config)["detached_from"] == told
    assert instance(data_directory(standby=standby), CONTROL, server, config)["detached_from"] == told


def test_a_stopped_member_tells_its_role_without_pg_controldata():
    found = instance(data_directory(), None, errors=["pg_controldata is not installed"])
    assert (found["state"], found["role"]) == ("stopped", "standby")
    assert found["detail"] == "pg_controldata is not installed"


def test_an_unclean_end_is_told():
    found = instance(data_directory(), {**CONTROL, "cluster_state": "in production"})
    assert "not shut down cleanly" in found["detail"]


def test_a_silent_server_claims_neither_role_nor_position():
    found = instance(data_directory(postmaster=RUNNING), CONTROL, None, errors=["psql: no answer"])
    assert (found["state"], found["role"], found["lsn"]) == ("unresponsive", None, None)
    assert (found["detail"], found["system_identifier"]) == ("psql: no answer", "77")


def test_a_running_server_tells_what_it_knows_over_its_control_file():
    found = instance(data_directory(postmaster=RUNNING), CONTROL, SERVER)
    assert (found["role"], found["timeline"], found["port"]) == ("standby", 3, 5499)
    assert found["wal_log_hints"] is True
    assert found["slots"] == found["pending_restart"] == []
    assert "secret" not in str(found)


@pytest.mark.parametrize(("newest", "current"), [(None, True), (1000.5, True), (1000.6, False)])
def test_a_file_newer_than_the_last_reload_is_told(newest, current):
    found = instance(data_directory(postmaster=RUNNING), CONTROL, SERVER, newest_file=newest)
    assert found["configuration_current"] is current


@pytest.mark.parametrize("version", KNOWN)
def test_no_release_is_asked_for_what_it_does_not_have(version):
    sql = statements(version)[-1]
    assert ("pg_ident_file_mappings" in sql) == (version >= 15)
    assert ("SELECT file_name" in sql) == (version >= 16)
    assert sql.count("(") == sql.count(")")
    assert not any(word in sql.upper().split() for word in ("INSERT", "UPDATE", "DELETE", "ALTER"))


@pytest.mark.parametrize(("adopted_at", "restarted"), [(None, None), (899.0, True), (901.0, False)])
def test_an_adopted_member_tells_whether_it_was_restarted_since(adopted_at, restarted):
    found = instance(data_directory(postmaster=RUNNING), CONTROL, SERVER, config={**CONFIG, "adopted_at": adopted_at})
    assert found["restarted_since_adoption"] is restarted


def test_only_a_member_of_somebody_else_is_asked_for_its_files():
    assert "pg_postmaster_start_time" in statements(15)[-1]
    assert "'file_settings'" not in statements(15)[-1]
    assert "'file_settings'" in statements(15, foreign=True)[-1]
