# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long clients wait, beside an older commit of this checkout that takes turns with it on the same machines.

PROMOTION_OLD names the commit; nothing is compared without it.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import threading
import time

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import playbook, wait_for
from support.helpers.ledger import load
from support.helpers.roles_of_members import healthy, primary_of

OLD = os.environ.get("PROMOTION_OLD", "")
pytestmark = pytest.mark.skipif(not OLD, reason="PROMOTION_OLD names no commit to compare with")
SWITCHOVERS, FAILOVERS = 10, 5
# Of the old median.
PAUSE_LIMIT = 1.10
# Seconds beyond the old median, from the command to the first write.
FAILOVER_LIMIT = 1.0


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A function that runs a playbook of the older commit on the lab's machines."""
    checkout = tmp_path_factory.mktemp("old") / "checkout"
    subprocess.run(["git", "worktree", "add", "--detach", checkout, OLD], cwd=ROOT, check=True, capture_output=True)
    collections = checkout / ".cache" / "collections" / "ansible_collections"
    (collections / "plannerate").mkdir(parents=True)
    (collections / "plannerate" / "infra").symlink_to(checkout)
    (checkout / ".cache" / "lab").symlink_to(ROOT / ".cache" / "lab")

    def run(name, variables=None):
        command = ["ansible-playbook", "--inventory=molecule/default/inventory/production", f"playbooks/{name}.yml"]
        if variables:
            command.append(f"--extra-vars={json.dumps(variables)}")
        return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=600, check=False)

    yield run
    subprocess.run(["git", "worktree", "remove", "--force", checkout], cwd=ROOT, check=True, capture_output=True)


def new(name, variables=None):
    return playbook(name, variables=variables)


def summarised(record_property, what, times):
    summary = f"{what}, seconds: " + ", ".join(
        f"{name} {min(each):.2f} to {max(each):.2f}, median {statistics.median(each):.2f}"
        for name, each in times.items()
    )
    record_property("summary", summary)
    print(summary)
    return {name: statistics.median(each) for name, each in times.items()}


def test_a_switchover_pauses_no_longer(old, pooler, admin_sql, record_property):
    times = {"old": [], "new": []}
    with load(pooler) as ledger:
        # Each takes the role there as often as back.
        for number in range(2 * SWITCHOVERS):
            name, run = (("old", old), ("new", new))[(number // 2) % 2]
            done = run("switchover", {"switchover_target": ("pg-replica1", "pg-main")[number % 2]})
            assert done.returncode == 0, done.stdout
            times[name].append(float(re.search(r"seconds: ([\d.]+)", done.stdout)[1]))
            wait_for(lambda: healthy(admin_sql), timeout=30, what="two synchronous standbys")
    median = summarised(record_property, "paused", times)
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert median["new"] <= median["old"] * PAUSE_LIMIT


def test_a_failover_is_hardly_slower(old, pooler, admin_sql, db01, record_property):
    times = {"old": [], "new": []}
    for number in range(2 * FAILOVERS):
        name, run = (("old", old), ("new", new))[number % 2]
        cluster = primary_of(admin_sql).replace("-", "_")
        db01.check_output(f"kill -9 $(head -n 1 /var/lib/postgresql/15/{cluster}/postmaster.pid)")
        times[name].append(seconds_to_the_first_write(run, pooler))
        done = new("rejoin")
        assert done.returncode == 0, done.stdout
        wait_for(lambda: healthy(admin_sql), timeout=60, what="two synchronous standbys")
    median = summarised(record_property, "from the command to the first write", times)
    assert median["new"] <= median["old"] + FAILOVER_LIMIT


def seconds_to_the_first_write(run, pooler):
    """From the command until a client has a commit."""
    finished = []
    began = time.monotonic()
    thread = threading.Thread(target=lambda: finished.append(run("failover")))
    thread.start()
    wait_for(
        lambda: pooler.psql("SELECT pg_logical_emit_message(true, 'tests', 'a write')").rc == 0,
        timeout=120,
        what="a write through PgBouncer",
        every=0.05,
    )
    took = time.monotonic() - began
    thread.join()
    assert finished[0].returncode == 0, finished[0].stdout
    return took
