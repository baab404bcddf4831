# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten deployments and ten rollbacks in a row beside a crowd: no answer is lost, no event missed, each job is done once."""

from __future__ import annotations

import json
import statistics
import time

from support.helpers.crowd import DYNAMIC, KINDS, crowd, sustained
from support.helpers.deployments import DATABASE, DOMAIN, KEY, PRODUCTION, SCHEDULERS, deploy, history, roll_back
from support.helpers.lab import wait_for
from support.helpers.listeners import GOING_AWAY, listening

TIMES, SOCKETS = 10, 100
# Seconds that old websockets stay open: until after the watch, which is no shorter than theirs.
HELD = 30
QUICK = {"deploy_watch_seconds": 15, "docker_host_websocket_drain_seconds": HELD}
DYNAMIC_VISITORS = sum(KINDS[kind] for kind in DYNAMIC)
# Answers a second of the application, at least.
LEAST_RATE = 30
SLOWEST = 10
# From the command to the last answer of the release that is gone back from; with the machines and their load on two cores.
BACK_MEDIAN = 10
# Each job writes its name once: a second time, PostgreSQL refuses.
TWICE = "cat /var/log/postgresql/*.log | grep -c 'duplicate key .*\"jobs_pkey\"' || true"


def gone_back():
    """When the command was given."""
    began = time.time()
    done = roll_back(rollback_newer_schema=True, **QUICK)
    assert done.returncode == 0, done.stdout
    return began


def medians(entries):
    """Seconds of each phase, and of all."""
    phases = {phase: [entry["phases"].get(phase, 0) for entry in entries] for phase in entries[0]["phases"]}
    found = {phase: statistics.median(seconds) for phase, seconds in phases.items()}
    return {**found, "all": round(statistics.median([entry["ended"] - entry["began"] for entry in entries]), 1)}


def test_ten_times_there_and_back(stacks, visitor, admin_sql, db01, record_property):
    bears = sustained(visitor, DOMAIN)
    production, twice = stacks.machine.check_output(PRODUCTION), db01.check_output(TWICE)
    commands = []

    def jobs_done():
        return int(admin_sql("SELECT count(*) FROM jobs", database=DATABASE))

    jobs_before = jobs_done()
    with listening(visitor, DOMAIN, KEY, SOCKETS, every=1) as listeners:
        # Half of what the lab bears without a deployment.
        with crowd(visitor, DOMAIN, bears / 2 / DYNAMIC_VISITORS, KINDS) as people:
            for _time in range(TIMES):
                done = deploy("1.1.0", **QUICK)
                assert done.returncode == 0, done.stdout
                commands.append(gone_back())
        done_in_all = jobs_before + len(people.jobs)
        wait_for(lambda: jobs_done() == done_in_all, 300, f"that {done_in_all} jobs are done", jobs_done)
    ended = [entry for entry in history(stacks) if entry["result"] == "done"]
    backs = [entry for entry in ended if entry["kind"] == "rollback"]
    last = [people.last_answer("1.1.0", command, entry["ended"]) - command for command, entry in zip(commands, backs)]
    summary = (
        f"{TIMES} deployments and rollbacks, {people.rate():.0f} answers of the application a second of {bears:.0f} that it bears, "
        f"{sum(told['asked'] for told in people.kinds.values())} in all, longest {people.longest():.1f} s; {len(people.jobs)} jobs; "
        f"{SOCKETS} websockets, {len(listeners.said)} events; last answer of the bad release after {min(last):.1f} to {max(last):.1f} s, "
        f"median {statistics.median(last):.1f} s; seconds of a deployment {json.dumps(medians(ended[::2]))}, "
        f"of a rollback {json.dumps(medians(backs))}"
    )
    record_property("summary", summary)
    print(summary)

    assert len(ended) == 2 * TIMES and len(backs) == TIMES
    assert people.failures() == {} and people.longest() < SLOWEST
    assert people.rate() >= LEAST_RATE
    assert len(people.jobs) >= 1000 and db01.check_output(TWICE) == twice
    assert listeners.refused == [] and listeners.missed() == {}
    for entry in ended:
        for closes in listeners.closings(entry["switched"], entry["ended"]):
            assert [code for code, _second in closes] == [GOING_AWAY], (entry["kind"], closes)
            assert closes[0][1] > HELD - 1, (entry["kind"], closes)
    assert stacks.machine.check_output(SCHEDULERS) == "1"
    assert stacks.machine.check_output(PRODUCTION) == production
    assert statistics.median(last) <= BACK_MEDIAN, last
