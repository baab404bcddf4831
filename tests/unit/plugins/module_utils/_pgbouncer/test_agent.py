# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent reaches every member by its address, checks its certificate, and does not wait for long."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.agent import connection_strings


def test_each_member_has_a_connection_string():
    members = [
        {"name": "pg-main", "machine": "db01", "address": "10.0.0.1", "port": 5432},
        {"name": "pg-replica1", "machine": "db02", "address": "10.0.0.2", "port": 5433},
    ]
    found = connection_strings(members, "pgbouncer", "/etc/ssl/machine/ca.crt")
    assert list(found) == ["pg-main", "pg-replica1"]
    assert dict(pair.split("=") for pair in found["pg-replica1"].split()) == {
        "host": "db02",
        "hostaddr": "10.0.0.2",
        "port": "5433",
        "dbname": "postgres",
        "user": "pgbouncer",
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ssl/machine/ca.crt",
        "application_name": "replica-agent",
        "connect_timeout": "3",
        "tcp_user_timeout": "5000",
    }
