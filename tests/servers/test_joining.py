# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replica more, in mode all: commits go on while it is cloned, and wait for it from then on."""

from __future__ import annotations

import re
import shutil
import subprocess
import time

import jinja2
import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.servers_base import AS_OWNER

from ansible_collections.plannerate.infra.plugins.filter.postgres_synchronous_standby_names import (
    postgres_synchronous_standby_names,
)

NEW, SLOT = "pg-replica2", "pg_replica2"
VARIABLES = yaml.safe_load((ROOT / "roles/postgres/vars/main/settings.yml").read_text())


@pytest.fixture
def servers(make_servers):
    """pg-main waits for pg-replica1, its only standby. pg-replica2 was added to the inventory: it has its files and no data."""
    servers = make_servers(settings={"synchronous_standby_names": 'ANY 1 ("pg-replica1")'})
    servers.stop(NEW)
    shutil.rmtree(servers.members[NEW]["data_directory"])
    servers.sql("pg-main", f"SELECT pg_drop_replication_slot('{SLOT}')")
    return servers


def give(servers, cloned=False):
    """Gives the primary what the role's variables make of the cluster as discovery finds it now. Returns it."""
    environment = jinja2.Environment()
    environment.filters["plannerate.infra.postgres_synchronous_standby_names"] = postgres_synchronous_standby_names
    setting = environment.from_string(VARIABLES["_postgres_synchronous_standby_names"]).render(
        inventory_hostname="pg-main",
        postgres_members=list(servers.members.values()),
        postgres_sync_mode="all",
        postgres_sync_count=1,
        postgres_role="primary",
        postgres_topology=servers.topology(),
        postgres_answer=servers.discover()["pg-main"],
        postgres_cloned=cloned,
    )
    servers.configure("pg-main", synchronous_standby_names=setting)
    servers.sql("pg-main", "SELECT pg_reload_conf()")
    return setting


def clone(servers):
    """A base backup through the slot, as roles/postgres_replica/tasks/clone.yml takes it, but slower. It has begun."""
    servers.sql("pg-main", f"SELECT pg_create_physical_replication_slot('{SLOT}', true)")
    conninfo = re.search("primary_conninfo = '(.*)'", servers.standby_files["pg-main"][NEW])[1]
    options = ["--wal-method=stream", "--checkpoint=fast", "--max-rate=8M", f"--slot={SLOT}"]
    directory = servers.members[NEW]["data_directory"]
    return subprocess.Popen(
        [*AS_OWNER, servers.base.programs / "pg_basebackup", f"--dbname={conninfo}", f"--pgdata={directory}", *options],
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        # libpq looks for certificates at home, and the home of who runs the tests may be closed to the user of the servers.
        env={**servers.environment, "HOME": "/"},
    )


def test_commits_go_on_while_it_is_cloned_and_wait_for_it_afterwards(servers, ledger):
    assert servers.topology()["absent"] == [NEW]
    assert give(servers) == 'ANY 1 ("pg-replica1")'
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    backup = clone(servers)
    rounds = 0
    while backup.poll() is None:
        ledger.await_commits("pg-main")
        rounds += 1
    assert backup.returncode == 0 and rounds > 1, backup.stderr.read()
    servers.follow(NEW, "pg-main")
    servers.start(NEW)
    servers.await_streaming("pg-main", "pg-replica1", NEW)
    assert give(servers, cloned=True) == f'ANY 2 ("pg-replica1", "{NEW}")'
    ledger.await_commits("pg-main")
    assert give(servers) == f'ANY 2 ("pg-replica1", "{NEW}")', "the next converge keeps it"
    servers.stop(NEW)
    since = time.monotonic() + 0.2
    time.sleep(0.7)
    assert ledger.acknowledged_by("pg-main", since) == []
    servers.start(NEW)
    ledger.await_commits("pg-main")
    ledger.end()
    assert ledger.lost("pg-main") == []
