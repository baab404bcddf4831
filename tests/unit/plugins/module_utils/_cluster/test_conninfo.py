# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member reaches another one by its name and address, verifies it, and is known by its own name."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import (
    primary_conninfo,
    standby_file,
    standby_files,
    start_guard_conninfo,
)
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import conninfo

MEMBERS = [
    {"name": name, "machine": machine, "address": address, "port": port, "slot": name.replace("-", "_")}
    for name, machine, address, port in (
        ("pg-main", "db01", "198.18.0.1", 5432),
        ("pg-replica1", "db01", "198.18.0.1", 5433),
        ("pg-replica2", "db02", "198.18.0.2", 5432),
    )
]
LOGIN = {"user": "replicator", "passfile": "/var/lib/postgresql/.passfile", "ca_certificate": "/etc/ssl/ca.crt"}
TO_MAIN = (
    "host=db01 hostaddr=198.18.0.1 port=5432 user=replicator application_name=pg-replica1 "
    "passfile=/var/lib/postgresql/.passfile sslmode=verify-full sslrootcert=/etc/ssl/ca.crt"
)


def test_a_standby_is_known_by_its_own_name():
    assert primary_conninfo(MEMBERS[0], "pg-replica1", LOGIN) == TO_MAIN


def test_the_start_guard_asks_the_database_of_the_server_and_does_not_wait_long():
    assert start_guard_conninfo(MEMBERS[2], LOGIN) == (
        "host=db02 hostaddr=198.18.0.2 port=5432 dbname=postgres user=replicator passfile=/var/lib/postgresql/.passfile "
        "sslmode=verify-full sslrootcert=/etc/ssl/ca.crt connect_timeout=3 application_name=start-guard"
    )


@pytest.mark.parametrize(
    "made", [primary_conninfo(MEMBERS[0], "pg-replica1", LOGIN), start_guard_conninfo(MEMBERS[0], LOGIN)]
)
def test_the_servers_certificate_is_verified_against_its_name(made):
    assert conninfo(made)["sslmode"] == "verify-full"
    assert conninfo(made)["host"] == "db01"


def test_a_standbys_file():
    assert standby_file(MEMBERS[0], MEMBERS[1], LOGIN) == (
        "# Ansible managed\n"
        f"primary_conninfo = '{TO_MAIN}'\n"
        "primary_slot_name = 'pg_replica1'\n"
        "recovery_target_timeline = 'latest'\n"
    )


def test_every_member_has_a_file_for_each_other_one():
    files = standby_files(MEMBERS, LOGIN)
    names = [member["name"] for member in MEMBERS]
    assert {primary: sorted(told) for primary, told in files.items()} == {
        primary: [name for name in names if name != primary] for primary in names
    }
    assert files["pg-replica2"]["pg-main"] == standby_file(MEMBERS[2], MEMBERS[0], LOGIN)
