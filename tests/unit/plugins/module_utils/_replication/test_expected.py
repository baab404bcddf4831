# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every standby is expected; those on the primary's machine are asked themselves."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._replication.expected import expected_standbys

MEMBERS = [
    {"name": "pg-main", "machine": "db01", "port": 5432},
    {"name": "pg-replica1", "machine": "db01", "port": 5433},
    {"name": "pg-replica2", "machine": "db02", "port": 5432},
]


def test_a_neighbour_of_the_primary_is_asked_itself():
    assert expected_standbys(MEMBERS, "pg-main", "/sockets") == [
        {"name": "pg-replica1", "unix_socket": "/sockets", "port": 5433},
        {"name": "pg-replica2"},
    ]


def test_it_is_the_primary_that_counts_not_the_inventorys_first():
    assert expected_standbys(MEMBERS, "pg-replica2", "/sockets") == [{"name": "pg-main"}, {"name": "pg-replica1"}]
