# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For changes of different kinds, check mode lists exactly what restarts then, by the start times of everything before and after."""

from __future__ import annotations

import pytest
from support.helpers.lab import PORTS, changed, playbook
from support.helpers.restarts import began, listed, restarted
from support.helpers.roles_of_members import at_home

APPLICATION = ("app", "reverb", "queue", "scheduler")
ALL = ("redis", *APPLICATION, "pgadmin")
ENVIRONMENTS = {"production": {"domain": "app.test", "suffix": "prod"}, "staging": {"domain": "dev.test"}}
POOLS = {
    name: {"database": f"plannerate_{name}", "pool_size": size, "prepared_statements": False}
    for name, size in (("production", 25), ("staging", 20))
}
# The lab's pools take all that a member has, so each leaves a little.
WITH_ONE_MORE = {
    name: {**pool, "pool_size_session": 2}
    for name, pool in (*POOLS.items(), ("qa", {"database": "qa", "pool_size": 2, "prepared_statements": False}))
}


def on(machine, *names):
    return {(machine, name) for name in names}


def stack(*services):
    return on("app01", *(f"plannerate-{service}-prod" for service in services))


MEMBERS = on("db01", *PORTS)
# By what changes: the playbook, its variables, and what restarts.
CHANGES = {
    "a setting that is loaded": ("postgres", {"postgres_settings": {"log_min_duration_statement": "77ms"}}, set()),
    "a setting that needs a restart": ("postgres", {"postgres_settings": {"max_locks_per_transaction": 128}}, MEMBERS),
    "one that is lowered": ("postgres", {"postgres_settings": {"max_locks_per_transaction": 56}}, MEMBERS),
    "the size of a pool": (
        "pgbouncer",
        {"pgbouncer_environments": {**POOLS, "production": {**POOLS["production"], "pool_size": 22}}},
        set(),
    ),
    "an environment's pool": (
        "pgbouncer",
        {"pgbouncer_environments": WITH_ONE_MORE},
        set(),
    ),
    "PgBouncer's listener": ("pgbouncer", {"pgbouncer_settings": {"listen_backlog": 512}}, on("db01", "pgbouncer")),
    "the agent of the replicas": (
        "pgbouncer",
        {"pgbouncer_replica_max_delay": 31},
        on("db01", "pgbouncer-replica-agent"),
    ),
    "an image": (
        "docker_host",
        {"docker_host_app_image": "registry.test:5000/callcocam/plannerate:1.1.0"},
        stack(*APPLICATION),
    ),
    "a password": ("docker_host", {"docker_host_secrets": {"APP_KEY": "base64:YW5vdGhlcg=="}}, stack(*APPLICATION)),
    "one service": ("docker_host", {"docker_host_services": {"redis": {"memory": "500m"}}}, stack("redis")),
    "an environment": (
        "docker_host",
        {"docker_host_environments": {**ENVIRONMENTS, "qa": {"domain": "qa.test"}}},
        set(),
    ),
    "Traefik and all containers": (
        "docker_host",
        {"docker_host_open_files": 16000},
        stack(*ALL) | on("app01", "plannerate-traefik"),
    ),
    "a second application container": ("docker_host", {"docker_host_app_containers": 2}, stack("app-2")),
    "what Prometheus keeps": ("monitoring", {"monitoring_retention": "89d"}, on("app01", "prometheus")),
    "a backup's schedule": ("s3_backup", {"s3_backup_schedule": "*-*-* 02:31:00"}, None),
    "the journal": (
        "machines",
        {"machine_journal_max_use": "900M"},
        on("db01", "systemd-journald") | on("app01", "systemd-journald"),
    ),
}


def converge(name, *arguments, **variables):
    done = playbook(name, *arguments, variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def change(request, admin_sql, db01, machine):
    """One of them, which is taken back afterwards."""
    name, variables, things = CHANGES[request.param]
    yield name, variables, things
    converge(name)
    if name == "postgres":
        at_home(admin_sql)
    db01.check_output("rm -f /etc/pgbouncer/environments/qa.ini")
    machine("app01").run("docker network rm plannerate-qa-web")


@pytest.mark.parametrize("change", CHANGES, indirect=True)
def test_the_list_is_what_restarts(admin_sql, change):
    name, variables, things = change
    before = began(admin_sql)
    said = listed(converge(name, "--check", **variables))
    assert restarted(before, began(admin_sql)) == set(), "check mode changes nothing"
    done = converge(name, **variables)
    found = restarted(before, began(admin_sql))
    print(f"{sorted(said)}")
    assert said == listed(done) == found
    if things is None:
        assert found and all(thing.endswith(".timer") for _machine, thing in found)
    else:
        assert found == things
    assert changed(converge(name, **variables)) == 0


def test_a_databases_password(admin_sql, secret):
    """PostgreSQL has it first, and the application's containers get it in the same run."""
    database = {"name": "plannerate_production", "owner": "plannerate_prod"}
    new, old = ({"postgres_primary_databases": [{**database, "password": password}]}
                for password in ("a-new-one-for-this-test", secret("POSTGRES_PLANNERATE_PROD_PASSWORD")))  # fmt: skip
    before = began(admin_sql)
    said = listed(converge("site", "--check", **new))
    assert restarted(before, began(admin_sql)) == set()
    try:
        done = converge("site", **new)
        assert said == listed(done) == restarted(before, began(admin_sql)) == stack(*APPLICATION)
    finally:
        converge("site", **old)
    assert changed(converge("site")) == 0


def test_an_unchanged_site_restarts_nothing(admin_sql):
    before = began(admin_sql)
    assert "Nothing restarts." in converge("site", "--check")
    said = converge("site")
    assert changed(said) == 0 and said.count("Nothing restarts.") == 1
    assert restarted(before, began(admin_sql)) == set()
