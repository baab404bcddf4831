# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start guard is told what it reads."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import start_guard_conninfo
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.start_guard import guarded_members

GUARD = Path(__file__).resolve().parents[5] / "roles" / "postgres" / "files" / "start_guard.py"
LOGIN = {"user": "replicator", "passfile": "/passfile", "ca_certificate": "/ca.crt"}
MEMBERS = [
    {
        "name": name,
        "machine": machine,
        "address": "198.18.0.1",
        "port": 5432,
        "version": 15,
        "cluster": name.replace("-", "_"),
        "data_directory": f"/data/{name}",
        "config_directory": f"/etc/{name}",
    }
    for name, machine in (("pg-main", "db01"), ("pg-replica1", "db02"))
]


SYNCHRONOUS = {"pg-main": 'ANY 1 ("pg-replica1")', "pg-replica1": 'ANY 1 ("pg-main")'}


def test_members_of_the_machine_are_local():
    assert [member["local"] for member in guarded_members(MEMBERS, "db02", LOGIN, SYNCHRONOUS)] == [False, True]


def test_a_member_as_it_is_told():
    assert guarded_members(MEMBERS, "db01", LOGIN, SYNCHRONOUS)[0] == {
        "name": "pg-main",
        "instance": "15-pg_main",
        "version": 15,
        "local": True,
        "machine": "db01",
        "address": "198.18.0.1",
        "port": 5432,
        "data_directory": "/data/pg-main",
        "config_directory": "/etc/pg-main",
        "conninfo": start_guard_conninfo(MEMBERS[0], LOGIN),
        "synchronous_standby_names": 'ANY 1 ("pg-replica1")',
    }


def test_the_guard_finds_its_member_and_asks_the_others(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("start_guard", GUARD)
    guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guard)
    (tmp_path / "system_identifier").touch()
    asked = []
    monkeypatch.setattr(guard, "on_disk", lambda member: {"system_identifier": "7", "timeline": 1, "standby": False})
    monkeypatch.setattr(guard, "running", lambda peer: asked.append(peer["conninfo"]))
    members = [{**member, "config_directory": str(tmp_path)} for member in MEMBERS]
    configuration = {
        "members": guarded_members(members, "db01", LOGIN, SYNCHRONOUS),
        "start_without_peers": False,
        "timeout": 0,
    }
    may, said = guard.judge(configuration, "15-pg_main")
    assert not may, said
    assert set(asked) == {start_guard_conninfo(MEMBERS[1], LOGIN)}
