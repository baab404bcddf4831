# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services of the pooler restart for what they cannot load otherwise, and the list says so before."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.restarts import restarts

AGENT = "/etc/pgbouncer/replica-agent.json"
SERVICES = [
    {"name": "agent.service", "kind": "replica_agent", "state": "restarted", "files": [AGENT]},
    {"name": "haproxy", "kind": "service", "state": "reloaded", "files": ["/etc/haproxy/haproxy.cfg"]},
    {"name": "pgbouncer", "kind": "pgbouncer", "state": "started", "files": []},
]
RUNNING = {"started": [service["name"] for service in SERVICES], "stale": []}


def found(answer=None, written=(), restart=()):
    rows = restarts(answer or RUNNING, SERVICES, written, {"reload": ["a pool"], "restart": list(restart)})
    return [(row["name"], row.get("action", "restarts"), row["why"]) for row in rows]


def test_what_is_loaded_as_it_is_stays():
    assert found() == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"written": [AGENT]}, [("agent.service", "restarts", f"{AGENT} changed")]),
        # HAProxy reloads.
        ({"written": ["/etc/haproxy/haproxy.cfg"]}, []),
        ({"answer": {**RUNNING, "stale": ["haproxy", "pgbouncer"]}}, []),
        ({"answer": {**RUNNING, "stale": ["agent.service"]}}, [("agent.service", "restarts", "its files are newer than it")]),
        ({"restart": ["a is 1", "b is 2"]}, [("pgbouncer", "restarts", "a is 1; b is 2")]),
        ({"answer": {"started": ["agent.service", "pgbouncer"], "stale": []}},
         [("haproxy", "starts", "it does not run, or would not after a restart of the machine")]),
    ],
)  # fmt: skip
def test_each_for_its_own_reason(given, expected):
    assert found(**given) == expected


def test_one_that_does_not_run_starts_whatever_else_there_is():
    rows = found(answer={"started": [], "stale": ["agent.service"]}, restart=["PgBouncer does not answer"])
    assert [row[1] for row in rows] == ["starts"] * 3
