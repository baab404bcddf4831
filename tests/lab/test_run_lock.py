# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time: a second one waits or is refused by name, and a run that died or lost its lock does no harm."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import INVENTORIES, changed, playbook, wait_for
from support.helpers.processes import end_at_once
from support.helpers.roles_of_members import at_home, healthy

LOCK = "/var/lib/plannerate/locks/cluster"
STRANGER = {
    "user": "ana", "host": "another-controller", "controller": "a", "process": 4711, "began": 17.0, "command": "c", "reason": "restore.yml"
}  # fmt: skip


@pytest.fixture
def lock(db01):
    """A function that gives the lock of db01 as it is."""

    def read():
        return json.loads(db01.run(f"cat {LOCK}").stdout or "{}")

    return read


@pytest.fixture
def stranger(db01, machine):
    """A run on another controller has the locks."""
    held = {
        "name": "cluster",
        "holder": STRANGER,
        "since": time.time(),
        "expires": time.time() + 600,
        "state": "held",
        "before": [],
    }
    before = {host: host.run(f"cat {LOCK}").stdout for host in (db01, machine("app01"))}
    for host in before:
        host.check_output(f"echo '{json.dumps(held)}' >{LOCK}")
    yield
    for host, text in before.items():
        host.check_output(f"echo '{text}' >{LOCK}")


@contextmanager
def running(name, *arguments, inventory="production"):
    """A playbook that has begun; its process is ended afterwards, if it still runs."""
    command = ["ansible-playbook", f"--inventory={INVENTORIES / inventory}", f"playbooks/{name}.yml", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            end_at_once(process)


def test_the_second_one_is_refused_by_name(lock, admin_sql):
    """The other pairs are in tests/long/pairs."""
    at_home(admin_sql)
    with running("postgres") as process:
        wait_for(lambda: lock().get("state") == "held", timeout=30, what="the lock of the first run")
        done = playbook("switchover", variables={"switchover_target": "pg-replica1"})
        said = " ".join(done.stdout.split())
        assert done.returncode != 0 and f":{process.pid} has the lock cluster since" in said, said
        assert "for postgres.yml" in said and "playbooks/unlock.yml -e unlock=" in said
        assert changed(done.stdout) == 0
        output, _nothing = process.communicate(timeout=600)
    assert process.returncode == 0 and changed(output) == 0, output
    assert lock()["state"] == "released"
    assert healthy(admin_sql)


def test_a_run_that_was_killed_keeps_nobody_waiting(lock):
    with running("postgres"):
        wait_for(lambda: lock().get("state") == "held", timeout=30, what="the lock of the first run")
    assert lock()["state"] == "held"
    done = playbook("postgres")
    assert done.returncode == 0, done.stdout
    assert lock()["state"] == "released"


@pytest.mark.usefixtures("stranger")
def test_check_mode_takes_none_and_a_lock_is_broken_by_the_name_of_its_run():
    assert playbook("postgres", "--check").returncode == 0
    refused = playbook("postgres")
    assert "ana@another-controller:4711 has the lock cluster since" in " ".join(refused.stdout.split())
    wrong = playbook("unlock", variables={"unlock": "bob@another-controller:4711"})
    assert (wrong.returncode, changed(wrong.stdout)) == (0, 0)
    assert playbook("postgres").returncode != 0
    assert "as the refusal named it" in " ".join(playbook("unlock").stdout.split())
    right = playbook("unlock", variables={"unlock": "ana@another-controller:4711"})
    assert (right.returncode, changed(right.stdout)) == (0, 2)
    assert playbook("postgres").returncode == 0


def test_a_run_whose_lock_was_broken_changes_nothing_more(lock):
    with running("site", '--extra-vars={"pgbouncer_max_client_conn": 2001}') as process:
        wait_for(lambda: lock().get("state") == "held", timeout=30, what="the lock of the run")
        holder = lock()["holder"]
        assert (
            playbook("unlock", variables={"unlock": f"{holder['user']}@{holder['host']}:{process.pid}"}).returncode == 0
        )
        output, _nothing = process.communicate(timeout=600)
    said = " ".join(output.split())
    assert process.returncode != 0 and "lost it: an operator broke it" in said, said
    assert changed(output) == 0, output
