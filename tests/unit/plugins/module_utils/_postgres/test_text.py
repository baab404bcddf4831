# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import (
    access_rules,
    conninfo,
    control_data,
    postmaster_pid,
    setting_names,
    upstream,
)

CONTROL_DATA = """\
pg_control version number:            1300
Database system identifier:           7711379314159518077
Database cluster state:               in archive recovery
Latest checkpoint location:           0/3000C00
Latest checkpoint's REDO WAL file:    000000010000000000000003
Latest checkpoint's TimeLineID:       1
Minimum recovery ending location:     0/3000CB0
Min recovery ending loc's timeline:   2
Time of latest checkpoint:            Mon Nov 23 15:00:05 2026
wal_log_hints setting:                on
max_connections setting:              100
max_worker_processes setting:         8
max_wal_senders setting:              10
max_prepared_xacts setting:           0
max_locks_per_xact setting:           64
Data page checksum version:           1
"""


def test_the_control_file_tells_the_timeline_that_recovery_has_reached():
    assert control_data(CONTROL_DATA)["timeline"] == 2


def test_the_control_file_is_read_whole():
    found = control_data(CONTROL_DATA)
    assert found["system_identifier"] == "7711379314159518077"
    assert (found["lsn"], found["recovery_end_lsn"]) == ("0/3000C00", "0/3000CB0")
    assert found["data_checksums"] is True
    assert found["wal_log_hints"] is True
    assert found["settings"] == {
        "max_connections": 100,
        "max_worker_processes": 8,
        "max_wal_senders": 10,
        "max_prepared_transactions": 0,
        "max_locks_per_transaction": 64,
    }


def test_a_control_file_that_cannot_be_read_leaves_everything_unknown():
    found = control_data("pg_controldata: something unexpected\n")
    assert set(found.pop("settings").values()) == {None}
    assert set(found.values()) == {None}


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("host=db01 port=5432", {"host": "db01", "port": "5432"}),
        ("host = 'a b' password='it\\'s \\\\ x'", {"host": "a b", "password": "it's \\ x"}),
        ("user=u passfile='' host=h", {"user": "u", "passfile": "", "host": "h"}),
        (
            "postgresql://u:p@db01:5433/x?application_name=r1",
            {"host": "db01", "port": "5433", "application_name": "r1"},
        ),
        ("", {}),
    ],
)
def test_connection_strings_are_read_as_the_library_does(text, keywords):
    assert conninfo(text) == keywords


@pytest.mark.parametrize(
    "text",
    [
        "host=db01 port=5432 user=u password=secret application_name=r1",
        "postgres://u:secret@db01:5432/?application_name=r1",
    ],
)
def test_the_upstream_never_tells_a_password(text):
    told = upstream(text, "r1")
    assert told == {"host": "db01", "port": 5432, "application_name": "r1", "slot": "r1"}


def test_without_primary_conninfo_there_is_no_upstream():
    assert upstream("", "left_over") is None


def test_settings_are_named_once_and_comments_are_none():
    text = "# Do not edit\nprimary_conninfo = 'a=b'\n\nWork_Mem '4MB'\nwork_mem = '8MB'\nmy.setting=1\n"
    assert setting_names(text) == ["primary_conninfo", "work_mem", "my.setting"]


def test_a_pid_file_that_is_still_being_written_is_understood():
    assert postmaster_pid("") is None
    assert postmaster_pid("123\n") == {"pid": 123, "port": None, "socket_directory": None}
    assert postmaster_pid("-123\n/d\n1\n5432\n/run\n")["pid"] == 123
    assert postmaster_pid("123\n/d\n1\n5433\n/run/postgresql\nlocalhost\n") == {
        "pid": 123,
        "port": 5433,
        "socket_directory": "/run/postgresql",
    }


def test_rules_that_go_on_in_the_next_line_are_one_each():
    text = "# a comment\nhost app app 10.0.0.1/32 \\\n  scram-sha-256\n\nhost web web 10.0.0.2/32 \\\n  scram-sha-256\n"
    assert access_rules(text) == [
        "host app app 10.0.0.1/32   scram-sha-256",
        "host web web 10.0.0.2/32   scram-sha-256",
    ]
