# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts go by the inventory's groups, and what is looked at by its variables."""

from __future__ import annotations

import json

from ansible_collections.plannerate.infra.plugins.module_utils._validation.inventory import (
    NOT_ALLOWED,
    closed,
    edges,
    found,
    parts,
    targets,
)

GROUPS = {
    "machines": ["app01", "db01"],
    "docker_hosts": ["app01"],
    "pgbouncers": ["db01"],
    "postgres": ["pg-main", "pg-replica1"],
    "s3_backups": [],
}
ENVIRONMENTS = {"production": {"domain": "example.org"}, "staging": {"domain": "example.net"}}
HOSTVARS = {
    "app01": {
        "ansible_host": "192.0.2.20",
        "docker_host_environments": ENVIRONMENTS,
        "docker_host_base_directory": "/opt/x",
    },
    "db01": {"ansible_host": "192.0.2.10", "docker_host_environments": ENVIRONMENTS, "machine_ssh_port": 2222},
    "pg-main": {"postgres_machine": "db01", "postgres_port": 5432},
    "pg-replica1": {"postgres_machine": "db01", "postgres_port": 5433},
}


def chosen(asked, groups=None, may_disturb=False):
    """What is not empty."""
    found = parts(asked, {**GROUPS, **(groups or {})}, may_disturb)
    return {kind: names for kind, names in found.items() if names}


def test_all_parts_that_disturb_nobody_unless_some_are_named():
    assert chosen("") == {"measured": ["replication", "pool", "security"], "left_out": ["backup"]}
    assert chosen("", may_disturb=True) == chosen("")
    assert chosen("backup, pool") == {"measured": ["pool"], "left_out": ["backup"]}
    assert chosen(["pool", "fire"]) == {"measured": ["pool"], "unknown": ["fire"]}


def test_what_disturbs_is_refused_without_the_words():
    disturbing = ["stress", "recovery", "failover"]
    assert chosen("pool,failover,stress,recovery") == {"measured": ["pool"], "refused": disturbing}
    assert chosen("failover,recovery,stress", may_disturb=True) == {"measured": disturbing}
    assert chosen("stress,recovery", {"pgbouncers": []}, True) == {"left_out": ["stress", "recovery"]}
    assert found(["stress"], GROUPS, HOSTVARS)["stress"] == {"reason": NOT_ALLOWED}
    hostvars = {**HOSTVARS, "pg-main": {"validate_stress_found": {"steps": [1]}}}
    assert found(["stress", "recovery"], GROUPS, hostvars)["stress"] == {"steps": [1]}


def test_a_machine_is_asked_for_what_it_has():
    database, docker = (targets(name, GROUPS, HOSTVARS) for name in ("db01", "app01"))
    assert (database["public"], database["encrypted"]) == ([2222], [5432, 5433, 6432])
    assert (docker["public"], docker["encrypted"]) == ([22, 80, 443], [])
    assert docker["secret_files"] == ["/root/.credentials", "/opt/x/production/.env", "/opt/x/staging/.env"]
    assert set(docker["secret_files"]) < set(docker["private_files"])


def test_the_status_page_has_its_ports_where_it_has_them():
    status = {"ansible_host": "192.0.2.30", "status_page_domain": "status.example.org"}
    hostvars = {**HOSTVARS, "status01": status}
    alone = {**GROUPS, "machines": [*GROUPS["machines"], "status01"], "status": ["status01"]}
    asked = targets("status01", alone, hostvars)
    assert (asked["public"], asked["behind_proxy"]) == ([22, 80, 443], [])
    assert edges(alone, hostvars)["status.example.org"] == "192.0.2.30"
    beside = {**GROUPS, "status": ["app01"], "monitoring": ["app01", "db01"]}
    hostvars = {
        name: {**host, "monitoring_grafana_domain": "grafana.example.org", "status_page_port": 8099}
        for name, host in HOSTVARS.items()
    }
    asked = targets("app01", beside, hostvars)
    assert (asked["public"], asked["behind_proxy"]) == ([22, 80, 443], [3000, 8099])
    assert targets("db01", beside, hostvars)["behind_proxy"] == []
    gathered = found(
        ["security"], beside, {**hostvars, "app01": {**hostvars["app01"], "__validate_machine": {"sockets": []}}}
    )
    assert gathered["security"]["machines"]["app01"]["behind_proxy"] == [3000, 8099]


def test_databases_are_closed_to_strangers_and_sites_are_asked_where_they_are_served():
    assert closed(GROUPS, HOSTVARS)["db01"]["address"] == "192.0.2.10"
    assert {5432, 5433, 6432, 9100, 15432, 15433} <= set(closed(GROUPS, HOSTVARS)["db01"]["ports"])
    assert edges(GROUPS, HOSTVARS) == {"example.org": "192.0.2.20", "example.net": "192.0.2.20"}
    assert edges({**GROUPS, "docker_hosts": []}, HOSTVARS) == {}


def test_what_failed_is_a_reason_and_the_rest_is_there():
    groups = {**GROUPS, "s3_backups": ["db01"]}
    hostvars = {
        **HOSTVARS,
        "pg-main": {"postgres_topology": {"primary": "pg-main"}, "__validate_lag": {"standbys": {}}},
        "db01": {
            "__pgbouncer_overview": {"rc": 1, "stderr": "refused\n"},
            "__validate_jobs": {"rc": 0, "stdout": json.dumps({"jobs": {"run": {}}})},
            "__validate_bucket": {"rc": 4, "stderr": "the store is away"},
            "__validate_machine": {"unreachable": True, "msg": "timed out"},
        },
    }
    gathered = found(["replication", "pool", "backup", "security"], groups, hostvars)
    assert gathered["replication"]["standbys"] == ["pg-replica1"]
    assert gathered["pool"] == {"db01": {"reason": "refused"}}
    assert gathered["backup"] == {"environment": "production", "jobs": {"run": {}}, "reason": "the store is away"}
    assert gathered["security"]["machines"] == {
        "app01": {"reason": "it was not asked"},
        "db01": {"reason": "timed out"},
    }
