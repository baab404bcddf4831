# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases that are no good, each in its own way: the gate is named, and the old release serves.

Not here: a full disk, since the lab's machines share one (tests/unit/plugins/module_utils/_deploy has it), and a Redis that is down,
without which the old release does not serve either.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.helpers.deployments import DATABASE, DOMAIN, MIGRATION, RELEASES, deploy, history, release, state, step
from support.helpers.edge import visits
from support.helpers.lab import wait_for

QUICK = {
    "deploy_watch_seconds": 20,
    "deploy_drain_seconds": 4,
    "docker_host_websocket_drain_seconds": 5,
    "deploy_health_seconds": 40,
}
# As the inventory has it: a variable given by hand takes the place of all of it.
QUEUE = {"command": ["php", "artisan", "queue:work"], "healthcheck": "grep -qs '[q]ueue:work' /proc/[0-9]*/cmdline"}
BREAK = "printf '<?php http_response_code(500);' >public/index.php"
# Every request waits, those of the checks too, which allow that.
DELAY = "sed -i '1s/.*/<?php usleep(1600000);/' public/index.php"


def shell(text):
    return {"command": ["bash", "-c", text]}


def refused(**variables):
    """What a deployment said that was to fail."""
    done = deploy("1.1.0", **{**QUICK, **variables})
    said = " ".join(done.stdout.split())
    assert done.returncode != 0, said
    return said


def services(**changed):
    return {"docker_host_services": {"queue": QUEUE, **changed}}


@pytest.mark.parametrize(
    ("gate", "changed"),
    [
        ("health", {"app": shell("sleep infinity")}),
        # Its port is open, so its container is healthy.
        ("health", {"reverb": {"command": ["php", "-S", "0.0.0.0:8080"]}}),
        ("queue", {"queue": {**QUEUE, "command": ["false"]}}),
        ("scheduler", {"scheduler": {"command": ["false"]}}),
    ],
    ids=["never healthy", "websockets refused", "queue crashes", "scheduler crashes"],
)
def test_a_container_that_is_no_good(stacks, visitor, gate, changed):
    with visits(visitor, f"https://{DOMAIN}/page") as failures:
        assert f"failed at gate {gate}" in refused(**services(**changed))
        assert release(visitor) == "1.0.0"
    assert failures == []
    assert history(stacks)[-1]["result"].startswith(f"went back: {gate}: ") and not step(stacks)


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        # Not before it has visitors: it is healthy after some seconds, and the watch ends later.
        (
            "are errors of the server|is running, unhealthy|answers 500",
            {"app": shell(f"(sleep 30; {BREAK}) & exec serve")},
        ),
        ("answers take up to", {"app": shell(f"{DELAY} && exec serve")}),
    ],
    ids=["healthy, then 500", "slow"],
)
def test_what_is_seen_in_the_watch_only(stacks, visitor, said, changed):
    with visits(visitor, f"https://{DOMAIN}/page"):
        told = refused(**services(**changed), deploy_watch_requests=5)
        assert release(visitor) == "1.0.0"
    assert "failed at gate watch" in told and any(each in told for each in said.split("|")), told
    assert history(stacks)[-1]["result"].startswith("went back: watch: ")
    with visits(visitor, f"https://{DOMAIN}/page") as failures:
        time.sleep(3)
    assert failures == []


def test_a_migration_that_fails_and_one_that_waits_for_a_lock(visitor, admin_sql, db01):
    with visits(visitor, f"https://{DOMAIN}/page") as failures:
        admin_sql("CREATE TABLE notes (id int)", database=DATABASE)
        told = refused()
        assert "failed at gate migrate" in told and "already exists" in told
        admin_sql("DROP TABLE notes", database=DATABASE)

        lock = "BEGIN; LOCK TABLE migrations IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1200)"
        command = f"runuser -u postgres -- psql -Xq --dbname={DATABASE} --command='{lock}'"
        db01.check_output(f'setsid sh -c "{command}" </dev/null >/dev/null 2>&1 &')
        held = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'migrations'::regclass"
        wait_for(lambda: admin_sql(held, database=DATABASE) == "1", what="that the table is locked")
        try:
            told = refused(deploy_lock_seconds=2)
        finally:
            admin_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK TABLE%'")
        assert "failed at gate migrate" in told and "lock timeout" in told, told
        assert release(visitor) == "1.0.0"
        migrated = f"SELECT count(*) FROM migrations WHERE migration = '{MIGRATION}'"
        assert admin_sql(migrated, database=DATABASE) == "0"
    assert failures == []


def test_an_image_that_is_not_there_and_a_registry_that_does_not_answer(stacks, visitor):
    with visits(visitor, f"https://{DOMAIN}/page") as failures:
        assert "failed at gate image" in refused(deploy_release="9.9.9")
        assert "failed at gate image" in refused(docker_host_app_image="registry.test:5999/callcocam/plannerate:1.0.0")
        assert release(visitor) == "1.0.0"
    assert failures == []
    assert [entry["result"].split(":")[:2] for entry in history(stacks)] == [["refused", " image"]] * 2


def test_two_at_once_and_the_second_is_told_who(stacks, visitor):
    with visits(visitor, f"https://{DOMAIN}/page") as failures, ThreadPoolExecutor(1) as executor:
        first = executor.submit(deploy, "1.1.0", **QUICK)
        wait_for(lambda: stacks.machine.file(f"{RELEASES}/lock").exists, 120, "the first one")
        second = deploy("1.1.0", **QUICK)
        done = first.result()
    assert done.returncode == 0, done.stdout
    assert second.returncode != 0 and " has the lock stack-staging since " in " ".join(second.stdout.split()), (
        second.stdout
    )
    assert failures == [] and state(stacks)["current"]["name"] == "r1"
