# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks that remove something say to PostgreSQL, said to real servers."""

from __future__ import annotations

import threading
import time

import jinja2
import yaml
from support.helpers.checkout import ROOT

from ansible_collections.plannerate.infra.plugins.module_utils._replication import slot_queries
from ansible_collections.plannerate.infra.plugins.module_utils._replication.slot_plan import plan

READERS = jinja2.Template((ROOT / "roles/postgres/templates/readers.sql.j2").read_text()).render(
    postgres_client_role="clients"
)


def owners_query():
    task, *_others = yaml.safe_load((ROOT / "roles/postgres_primary/tasks/owners.yml").read_text())
    return task["community.postgresql.postgresql_query"]["query"]


def client(servers, name):
    servers.sql("pg-main", "CREATE ROLE clients")
    servers.sql("pg-main", "GRANT clients TO writer")
    servers.await_replayed("pg-main", name)
    return servers.connect(name, "writer")


def test_a_standby_is_stopped_only_once_its_reader_went(servers):
    reader = client(servers, "pg-replica2")
    waiting = threading.Thread(target=servers.sql, args=("pg-replica2", READERS))
    waiting.start()
    time.sleep(1)
    assert waiting.is_alive(), "it did not wait for the reader"
    reader.close()
    waiting.join(timeout=5)
    assert not waiting.is_alive(), "it waits although nobody reads"


def test_a_standby_that_nobody_reads_from_is_stopped_at_once(servers):
    client(servers, "pg-replica2").close()
    begun = time.monotonic()
    servers.sql("pg-replica2", READERS)
    assert time.monotonic() - begun < 2


def test_the_slot_of_a_member_goes_when_the_member_is_stopped_and_not_before(servers):
    policy = {
        "managed_pattern": "pg_replica2",
        "purge": {"unlisted": True, "lost": False, "max_retained_bytes": None, "max_inactive_seconds": None},
        "max_drops": 1,
        "recreate_lost": [],
    }

    def dropped():
        columns = servers.sql(
            "pg-main", "SELECT json_agg(s) FROM (" + slot_queries.slots_query(15) % {"name": "NULL"} + ") s"
        )
        steps = plan([], columns[0][0], policy, {"version": 15, "in_recovery": False, "max_replication_slots": 10})
        for slot in steps["drop"]:
            servers.sql("pg-main", slot_queries.drop(slot))
        return [slot["name"] for slot in steps["drop"]]

    assert dropped() == []
    servers.stop("pg-replica2")
    assert dropped() == ["pg_replica2"]
    assert servers.sql("pg-main", "SELECT slot_name FROM pg_replication_slots") == [("pg_replica1",)]
    assert servers.streaming("pg-main") == {"pg-replica1"}


def test_the_primary_tells_who_owns_which_database_and_which_roles_there_are(servers):
    servers.sql("pg-main", "CREATE ROLE shop LOGIN")
    servers.sql("pg-main", "CREATE DATABASE shop OWNER shop")
    ((owners, comments, roles),) = servers.sql("pg-main", owners_query())
    assert owners == {"postgres": "postgres", "shop": "shop"} and comments == {}
    assert "shop" in roles and "postgres" in roles and "pg_monitor" not in roles
