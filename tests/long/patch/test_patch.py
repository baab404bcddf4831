# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Newer packages and a reboot, while clients commit: no transaction fails, none is lost."""

from __future__ import annotations

import dataclasses
import json
import shlex
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
from support.helpers.lab import PORTS, changed, over_ssh, playbook, started_at, wait_for
from support.helpers.ledger import load
from support.helpers.monitoring import ASK
from support.helpers.newer_packages import offered, version
from support.helpers.pooler import Pooler
from support.helpers.roles_of_members import at_home, healthy, primary_of

APP01 = "plannerate-lab-app01"
SILENCES = "http://127.0.0.1:9093/api/v2/silences"
CONTAINERS = "docker ps --format '{{.Names}}' | sort | xargs docker inspect --format '{{.Name}} {{.State.StartedAt}}'"


@pytest.fixture(autouse=True)
def as_before(admin_sql, db01, machine):
    at_home(admin_sql)
    yield
    for host in (db01, machine("app01")):
        host.check_output("rm -f /run/reboot-required")
        assert not host.file("/usr/sbin/policy-rc.d").exists
    at_home(admin_sql)


def patch(**variables):
    done = playbook("patch", variables=variables or None, timeout=1200)
    assert done.returncode == 0, done.stdout
    return " ".join(done.stdout.split()), changed(done.stdout)


def assert_nobody_noticed(ledger):
    print(f"{ledger.transactions} transactions, longest wait {ledger.longest_wait} s")
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert ledger.transactions > 1000


def silenced(app01):
    """The machines whose alerts the playbook silences now."""
    found = json.loads(app01.check_output(f"python3 -c {shlex.quote(ASK)} {SILENCES}"))
    return sorted(
        each["createdBy"].split()[-1]
        for each in found
        if each["status"]["state"] == "active" and each["createdBy"].startswith("plannerate.infra.patch")
    )


def test_a_newer_postgresql_under_load(pooler, admin_sql, db01, machine, started):
    before = started()
    new = version(db01, "postgresql-15") + "+lab1"
    with offered(db01, "postgresql-15"), load(pooler) as ledger:
        said, _changed = patch()
    assert_nobody_noticed(ledger)
    assert version(db01, "postgresql-15") == new and f"→ {new}" in said
    now = started()
    assert all(now[name] != before[name] for name in PORTS)
    primary = primary_of(admin_sql)
    assert primary != "pg-main" and f"{primary} is the primary" in said
    assert healthy(admin_sql)
    assert patch()[1] == 0, "a second run changes nothing"
    wait_for(lambda: silenced(machine("app01")) == [], timeout=120, what="the end of the silences")


def test_a_run_that_ended_after_the_packages_is_finished_by_the_next(pooler, admin_sql, db01, started):
    before = started()
    with offered(db01, "postgresql-15"), load(pooler) as ledger:
        upgrade = subprocess.run(
            ["ansible", "db01", "--inventory=molecule/default/inventory/production", "--become",
             "--module-name=plannerate.infra.machine_updates",
             "--args=" + json.dumps({"packages": ["postgresql-15"], "refresh": True, "state": "upgraded"})],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert upgrade.returncode == 0 and "CHANGED" in upgrade.stdout, upgrade.stdout
        assert started() == before, "its scripts restarted nothing"
        patch()
    assert_nobody_noticed(ledger)
    assert all(now != before[name] for name, now in started().items())


def test_newer_poolers_lose_no_transaction_that_had_begun(pooler, db01):
    pid = db01.check_output("systemctl show --property=MainPID --value pgbouncer")
    haproxy = started_at(db01, "haproxy")
    with offered(db01, "pgbouncer", "haproxy"), load(pooler) as ledger:
        said, _changed = patch()
    print(f"{ledger.transactions} transactions, {ledger.failed} connections lost, longest wait {ledger.longest_wait} s")
    assert ledger.lost == [] and "PgBouncer restarts once the transactions of its clients have ended" in said
    # Clients lose their connections, each between two transactions, and connect again.
    allowed = (
        "server closed the connection",
        "connection refused",
        "terminat",
        "closed",
        "could not connect",
        "broken pipe",
    )
    assert all(any(word in error.lower() for word in allowed) for error in ledger.errors), ledger.errors
    assert db01.check_output("systemctl show --property=MainPID --value pgbouncer") != pid
    assert started_at(db01, "haproxy") == haproxy, "HAProxy reloads"
    assert patch()[1] == 0


def test_a_newer_docker_keeps_the_containers_running(machine):
    app01 = machine("app01")
    before = app01.check_output(CONTAINERS)
    engine = started_at(app01, "docker")
    with offered(app01, "docker.io"):
        patch()
    assert started_at(app01, "docker") != engine and app01.check_output(CONTAINERS) == before
    assert patch()[1] == 0


class Beside(Pooler):
    """PgBouncer with clients on its own machine, which it lets in over loopback."""

    def conninfo(self, **changes):
        return super().conninfo(**{"hostaddr": "127.0.0.1", **changes})


def beside(pooler):
    found = Beside(**{**dataclasses.asdict(pooler), "client_address": pooler.address})
    found.prepare()
    return found


@contextmanager
def power():
    """A container that behaves as a machine stops where a machine would reboot: somebody has to start it."""
    ended = threading.Event()

    def watch():
        while not ended.wait(0.5):
            state = subprocess.run(
                ["docker", "inspect", "--format={{.State.Running}}", APP01], capture_output=True, text=True, check=False
            )
            if state.stdout.strip() == "false":
                subprocess.run(["docker", "start", APP01], check=False, capture_output=True)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join(timeout=10)


def test_the_applications_machine_reboots_while_the_database_serves(pooler, machine, admin_sql):
    app01 = machine("app01")
    app01.check_output("touch /run/reboot-required")
    said, changes = patch()
    assert changes == 0 and "As long as it takes, the application does not answer" in said
    boot = app01.check_output("cut -d' ' -f22 /proc/1/stat")
    names = app01.check_output("docker ps --format '{{.Names}}' | sort")
    began = time.monotonic()
    with power(), load(beside(pooler)) as ledger:
        said, _changes = patch(patch_outage="app01")
    print(f"{time.monotonic() - began:.0f} s with a reboot")
    assert_nobody_noticed(ledger)
    app01 = over_ssh("198.18.0.11")
    assert app01.check_output("cut -d' ' -f22 /proc/1/stat") != boot
    assert app01.check_output("docker ps --format '{{.Names}}' | sort") == names
    assert healthy(admin_sql) and patch()[1] == 0
