# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replica more, in mode all: commits go on while it is cloned, and wait for it from then on. One that is cloned again confirms none."""

from __future__ import annotations

import shutil
import subprocess
import time

import jinja2
import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.servers_base import AS_OWNER

from ansible_collections.plannerate.infra.plugins.filter.postgres_primary_conninfo import primary_conninfo
from ansible_collections.plannerate.infra.plugins.filter.postgres_synchronous_standby_names import (
    postgres_synchronous_standby_names,
)

NEW, SLOT = "pg-replica2", "pg_replica2"
VARIABLES = {
    name: value
    for file in ("settings", "published")
    for name, value in yaml.safe_load((ROOT / f"roles/postgres/vars/main/{file}.yml").read_text()).items()
}


@pytest.fixture
def servers(make_servers):
    """pg-main waits for pg-replica1, its only standby. pg-replica2 was added to the inventory: it has its files and no data."""
    servers = make_servers(settings={"synchronous_standby_names": 'ANY 1 ("pg-replica1")'})
    servers.stop(NEW)
    shutil.rmtree(servers.members[NEW]["data_directory"])
    servers.sql("pg-main", f"SELECT pg_drop_replication_slot('{SLOT}')")
    return servers


def rendered(name, **values):
    """A variable of the role."""
    environment = jinja2.Environment()
    environment.filters["plannerate.infra.postgres_synchronous_standby_names"] = postgres_synchronous_standby_names
    environment.filters["plannerate.infra.postgres_primary_conninfo"] = primary_conninfo
    return environment.from_string(VARIABLES[name]).render(**values)


def give(servers, cloned=False):
    """Gives the primary what the role's variables make of the cluster as discovery finds it now. Returns it."""
    setting = rendered(
        "_postgres_synchronous_standby_names",
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
    conninfo = rendered(
        "postgres_copy_conninfo",
        inventory_hostname=NEW,
        postgres_current_primary=servers.members["pg-main"],
        _postgres_replication_login=servers.login,
    )
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


def test_commits_go_on_where_a_run_ended_before_what_it_cloned_had_started(servers, ledger):
    """Discovery finds its data, and the run comes to the primary before it starts the standby."""
    backup = clone(servers)
    assert backup.wait(60) == 0, backup.stderr.read()
    servers.follow(NEW, "pg-main")
    assert servers.topology()["absent"] == []
    assert give(servers) == 'ANY 1 ("pg-replica1")'
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.start(NEW)
    servers.await_streaming("pg-main", "pg-replica1", NEW)
    assert give(servers, cloned=True) == f'ANY 2 ("pg-replica1", "{NEW}")'
    servers.stop(NEW)
    assert give(servers) == f'ANY 2 ("pg-replica1", "{NEW}")', (
        "one that was counted is waited for, also while it is down"
    )
    servers.start(NEW)
    ledger.await_commits("pg-main")
    ledger.end()
    assert ledger.lost("pg-main") == []


def test_commits_wait_for_no_new_member_that_was_left_aside(servers, ledger):
    """Others were started by the run. Nobody knows what is on a machine that cannot be reached."""
    servers.unreachable.add(servers.members[NEW]["machine"])
    assert servers.topology()["aside"] == [NEW]
    assert give(servers, cloned=True) == 'ANY 1 ("pg-replica1")'
    ledger.begin("pg-main")
    ledger.await_commits("pg-main")
    servers.configure("pg-main", synchronous_standby_names=f'ANY 2 ("pg-replica1", "{NEW}")')
    servers.sql("pg-main", "SELECT pg_reload_conf()")
    assert give(servers, cloned=True) == f'ANY 2 ("pg-replica1", "{NEW}")', "one that was counted is waited for"


def test_a_clone_of_a_member_that_commits_wait_for_confirms_none(servers, ledger):
    """What is cloned again is listed all the time. A base backup that is not complete must not stand for it."""
    servers.configure("pg-main", synchronous_standby_names=f'ANY 2 ("pg-replica1", "{NEW}")')
    servers.sql("pg-main", "SELECT pg_reload_conf()")
    ledger.begin("pg-main")
    backup = clone(servers)
    since = time.monotonic() + 0.2
    assert backup.wait(60) == 0, backup.stderr.read()
    assert time.monotonic() > since + 0.5, "it took long enough to confirm something"
    assert ledger.acknowledged_by("pg-main", since) == []
    servers.follow(NEW, "pg-main")
    servers.start(NEW)
    ledger.await_commits("pg-main")
    ledger.end()
    assert ledger.lost("pg-main") == []
