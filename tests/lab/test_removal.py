# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no inventory names is told, planned and refused, and none of that changes anything."""

from __future__ import annotations

import pytest
from support.helpers.lab import changed, playbook
from support.helpers.other_inventories import environments, with_members

# All that a removal of staging or of pg-replica2 could touch.
FILES = (
    "find /etc/pgbouncer /etc/monitoring /etc/plannerate-backup /etc/systemd/system /etc/postgresql /var/lib/plannerate/removed "
    "/opt/plannerate/staging /opt/plannerate/traefik/dynamic -type f -not -path '*/storage/*' -exec sha256sum {} + 2>/dev/null | sort -k2"
)


@pytest.fixture
def untouched(machine, stacks, admin_sql):
    def state():
        slots = admin_sql("SELECT string_agg(slot_name, ',' ORDER BY 1) FROM pg_replication_slots")
        logins = admin_sql("SELECT string_agg(rolname, ',' ORDER BY 1) FROM pg_roles WHERE rolcanlogin")
        return [machine(name).run(FILES).stdout for name in ("app01", "db01")], stacks.containers(), slots, logins

    before = state()
    yield
    assert state() == before


def said(done):
    return " ".join(done.stdout.replace("''", "'").split())


@pytest.mark.usefixtures("untouched")
def test_an_environment_that_no_inventory_names_is_planned_with_all_that_it_has():
    done = playbook(
        "remove_environment", "--check", variables={"remove_environment": "staging", **environments("production")}
    )
    text = said(done)
    assert done.returncode == 0, done.stdout
    assert "first: one more backup of plannerate_staging" in text
    for thing in (
        "/etc/monitoring/expected/staging.json on app01",
        "/etc/monitoring/expected/staging.json on db01",
        "dynamic/staging.yml on app01",
        "docker-compose.staging.yml on app01",
        "environments/staging.ini on db01",
        "plannerate-backup@staging.timer on db01",
    ):
        assert thing in text, thing
    assert "goes: the login of plannerate_staging" in text and "stays: the database plannerate_staging" in text
    assert "production.yml" not in text


@pytest.mark.usefixtures("untouched")
def test_what_is_left_is_listed_only_where_no_inventory_names_it(tmp_path):
    nothing = playbook("leftovers")
    assert (nothing.returncode, changed(nothing.stdout)) == (0, 0) and "remove_" not in nothing.stdout, nothing.stdout
    inventory = with_members(tmp_path, without="pg-replica2")
    text = said(playbook("leftovers", inventory=inventory, variables=environments("production")))
    assert "-e remove_environment=staging" in text and "-e remove_database=plannerate_staging" in text
    assert "pg-replica2, a member on db01: running. playbooks/remove_member.yml -e remove_member=pg-replica2" in text


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("name", "inventory", "variables", "expected"),
    [
        ("remove_environment", "staging", {"remove_environment": "production"}, "belong to another inventory"),
        ("remove_member", "production", {"remove_member": "pg-main"}, "it is the primary: switch over first"),
    ],
)
def test_it_is_refused_with_what_to_do(name, inventory, variables, expected):
    done = playbook(name, inventory=inventory, variables=variables)
    assert done.returncode != 0 and changed(done.stdout) == 0, done.stdout
    assert expected in said(done)


@pytest.mark.usefixtures("untouched")
def test_a_member_is_planned_and_refused_where_commits_would_wait(tmp_path):
    inventory = with_members(tmp_path, without="pg-replica2")
    planned = playbook("remove_member", "--check", inventory=inventory, variables={"remove_member": "pg-replica2"})
    assert planned.returncode == 0, planned.stdout
    assert "postgresql@15-pg_replica2 on db01 stops" in said(planned)
    assert "goes: the slot pg_replica2 on pg-main" in said(planned)
    refused = playbook(
        "remove_member", inventory=inventory, variables={"remove_member": "pg-replica2", "postgres_sync_count": 2}
    )
    assert refused.returncode != 0 and changed(refused.stdout) == 0, refused.stdout
    assert "commits wait for 2 standbys" in said(refused)
