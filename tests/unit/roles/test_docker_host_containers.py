# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers a change of the inventory replaces, and that Traefik is not one of them when environments come and go."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

ENVIRONMENTS = {"production": {"domain": "app.test", "suffix": "prod"}, "staging": {"domain": "dev.test"}}
ONE = {"docker_host_environments": {"production": ENVIRONMENTS["production"]}}
THREE = {"docker_host_environments": {**ENVIRONMENTS, "qa": {"domain": "qa.test"}}}
SECRETS = {
    "POSTGRES_SHOP_PASSWORD": "a", "PRODUCTION_REDIS_PASSWORD": "b", "PRODUCTION_PGADMIN_PASSWORD": "c",
    "PRODUCTION_REVERB_APP_SECRET": "d", "PRODUCTION_DEFINITION_KEY": "e",
}  # fmt: skip
INVENTORY = {
    "docker_host_environments": ENVIRONMENTS,
    "docker_host_name_prefix": "shop",
    "docker_host_app_image": "shop:1",
    "docker_host_pgadmin_email": "team@shop.test",
    "pgbouncer_client_environment": {
        "DB_HOST": "db01",
        "DB_PORT": "6432",
        "DB_DATABASE": "shop",
        "DB_USERNAME": "shop",
        "PGSSLROOTCERT": "/ca.crt",
    },
    "machine_credentials": {"secrets": SECRETS},
    "__docker_host_probe": {"stdout": ""},
    "__docker_host_traefik_files": {"pending": []},
}
STACK = "lookup('ansible.builtin.template', 'stack/docker-compose.yml.j2') | from_yaml"
TRAEFIK = "lookup('ansible.builtin.template', 'traefik/docker-compose.yml.j2') | from_yaml"
NETWORKS = "lookup('ansible.builtin.template', 'networks.sh.j2')"
SERVERS = "_docker_host_routes.http.services['production-app'].loadBalancer.servers"
# Writes down every call, and lets one kind of call fail.
DOCKER = """#!/bin/sh
echo "$*" >>{log}
case "$*" in {fails}) exit 1;; esac
"""
# As Go's programs do: it ends when nobody reads what it says, whether or not it was told to ignore that.
WRITER = """
with open({log!r}, "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
import time
time.sleep(0.2)
print("done", flush=True)
""".replace("{log!r}", "'{log}'")
TASKS = ROOT / "roles/docker_host/tasks"


def secrets(**changed):
    return {"machine_credentials": {"secrets": {**SECRETS, **changed}}}


def probe(*lines):
    return {"__docker_host_probe": {"stdout": "\n".join(lines)}}


def running(compose, project="shop-production"):
    """The probe's lines of a stack that runs as it is described."""
    return [
        f"stack {service['container_name']} running project={project} oneoff=False "
        f"definition={service['labels']['infra.definition']} status=Up 1 hour (healthy)"
        for service in compose["services"].values()
    ]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A function that gives expressions of the role's variables, each for an inventory that differs in some variables."""
    directory = tmp_path_factory.mktemp("play")
    return lambda *asked: values_of_role(
        directory, "docker_host", *((expression, {**INVENTORY, **variables}) for expression, variables in asked)
    )


@pytest.fixture(scope="module")
def stack(rendered):
    (compose,) = rendered((STACK, {}))
    return compose


@pytest.fixture(scope="module")
def traefik(rendered):
    """The probe's lines of a Traefik that runs as it is described, with the networks of both environments."""
    (compose,) = rendered((TRAEFIK, {}))
    names = ("shop--traefik", "shop-production-web", "shop-staging-web")
    return running(compose, "shop-traefik") + [f"attached {name}" for name in names]


def test_what_a_change_of_the_inventory_replaces_and_in_which_order(rendered, stack):
    application = ("app", "reverb", "queue", "scheduler")
    changes = [
        ({}, {}),
        (secrets(POSTGRES_SHOP_PASSWORD="new"), dict.fromkeys(application, "its variables")),
        (secrets(PRODUCTION_PGADMIN_PASSWORD="new"), {"pgadmin": "its variables"}),
        (secrets(PRODUCTION_REDIS_PASSWORD="new"), dict.fromkeys(("redis", *application), "its variables")),
        # In check mode, which stores none: the same run would have by then.
        (
            {"_docker_host_coming_secrets": {"POSTGRES_SHOP_PASSWORD": "new", "POSTGRES_OTHER_PASSWORD": "x"}},
            dict.fromkeys(application, "its variables"),
        ),
        ({"docker_host_redis_image": "redis:9"}, {"redis": "its image"}),
        ({"docker_host_services": {"queue": {"memory": "2g"}}}, {"queue": "its definition"}),
        ({"docker_host_services": {"redis": {"maxmemory": "1mb"}}}, {"redis": "its definition"}),
        # Another environment is no reason.
        (THREE, {}),
    ]
    plans = rendered(*(("_docker_host_plan", {**probe(*running(stack)), **change}) for change, _expected in changes))
    for plan, (_change, expected) in zip(plans, changes, strict=True):
        assert {row["name"]: row["why"] for row in plan["rows"]} == {
            f"shop-{service}-prod": f"{why} changed" for service, why in expected.items()
        }
        assert plan["replaced"] == list(expected)


def test_no_query_is_logged_by_a_traefik_that_can_leave_it_out(rendered):
    """It may have a token. One that does not know the setting would not start."""
    file = "(lookup('ansible.builtin.template', 'traefik/traefik.yml.j2') | from_yaml).accessLog.fields"
    images = (
        "traefik:v3.7.9",
        "registry.test:5000/library/traefik:v3.7.10",
        "registry.test:5000/traefik:v3.7.8",
        "traefik:v3.7",
    )
    found = rendered(*((file, {"docker_host_traefik_image": image}) for image in images))
    assert [each.get("queryParameters") for each in found] == [{"defaultMode": "drop"}] * 2 + [None] * 2
    assert {json.dumps(each["headers"]) for each in found} == {'{"names": {"User-Agent": "keep"}}'}, (
        "what a deployment looks for"
    )


def test_who_is_believed_and_how_long_a_visitor_may_take(rendered):
    file = "(lookup('ansible.builtin.template', 'traefik/traefik.yml.j2') | from_yaml).entryPoints"
    own = {
        "docker_host_trusted_proxies": ["192.0.2.0/24"],
        "docker_host_request_seconds": 30,
        "docker_host_header_bytes": 1,
    }
    usual, given = rendered((file, {}), (file, own))
    assert usual["websecure"]["transport"]["respondingTimeouts"] == {"readTimeout": "600s", "idleTimeout": "180s"}
    assert given["websecure"]["transport"]["respondingTimeouts"]["readTimeout"] == "30s"
    for name in ("web", "websecure"):
        assert usual[name]["forwardedHeaders"]["trustedIPs"] == [] and usual[name]["http"]["maxHeaderBytes"] == 65536
        assert (
            given[name]["forwardedHeaders"]["trustedIPs"] == ["192.0.2.0/24"]
            and given[name]["http"]["maxHeaderBytes"] == 1
        )


def test_a_client_is_limited_where_it_is_known_who_that_is(rendered):
    """By IPv6 all visitors are one address. What the inventory says counts there too."""
    six = {"docker_host_addresses": ["0.0.0.0", "[::]"]}
    # As --extra-vars has it.
    own = {**six, "docker_host_requests_per_second": "50", "docker_host_trusted_proxies": ["192.0.2.0/24"]}
    names = "_docker_host_routes.http.middlewares | dict2items | rejectattr('value.headers', 'defined') | map(attribute='key') | list"
    usual, all_one, given, before = rendered(
        (names, {}), (names, six), (names, own), ("lookup('ansible.builtin.template', 'routes.yml.j2') | from_yaml", {})
    )
    assert usual[-2:] == ["production-in-flight", "production-logins"] and len(usual) == len(all_one) + 2
    assert given == [*all_one, "production-requests", "production-requests-proxied"]
    (routes,) = rendered(("_docker_host_routes", six))
    assert routes == before


def test_pgadmin_answers_those_alone_who_are_listed(rendered):
    router = "_docker_host_routes.http.routers['production-pgadmin'].middlewares"
    asked = "_docker_host_routes.http.middlewares['production-pgadmin'].ipAllowList.sourceRange"
    given = ["192.0.2.7", "2001:db8::/64"]
    assert rendered((router, {}), (asked, {}), (asked, {"docker_host_pgadmin_sources": given})) == [
        ["production-headers", "production-pgadmin"], ["127.0.0.1"], given,
    ]  # fmt: skip


def test_pgadmins_password_is_in_the_environment_of_pgadmin_alone(rendered, stack):
    files, shared = rendered(
        (
            "_docker_host_own_files | selectattr('template', 'defined') | selectattr('template', 'eq', 'stack/env.j2') | list",
            {},
        ),
        ("lookup('ansible.builtin.template', 'stack/env.j2')", {}),
    )
    assert [(entry["path"].rpartition("/")[2], entry["mode"], entry["secret"]) for entry in files] == [
        (".env", "0600", True), ("pgadmin.env", "0600", True),
    ]  # fmt: skip
    assert "PGADMIN" not in shared
    assert {name: entry.get("env_file") for name, entry in stack["services"].items() if name in ("app", "pgadmin", "redis")} == {
        "app": ".env", "pgadmin": "pgadmin.env", "redis": None,
    }  # fmt: skip
    assert "environment" not in stack["services"]["pgadmin"]


def test_a_label_has_its_three_parts(stack):
    labels = [service["labels"]["infra.definition"] for service in stack["services"].values()]
    assert all(re.fullmatch(r"([0-9a-f]{12}-){2}[0-9a-f]{12}", label) for label in labels), labels


def test_a_second_application_container_is_a_second_way_in(rendered):
    # As --extra-vars has it.
    two = {"docker_host_app_containers": "2"}
    compose, servers, meanwhile = rendered(
        (STACK, two), (SERVERS, two), (SERVERS, {**two, "_docker_host_serving": ["shop-app-2-prod"]})
    )
    services = compose["services"]
    assert [name for name in services if name.startswith("app")] == ["app", "app-2"]
    assert services["app-2"]["container_name"] == "shop-app-2-prod"
    assert {**services["app"], "container_name": "", "labels": 0} == {**services["app-2"], "container_name": "", "labels": 0}  # fmt: skip
    assert servers == [{"url": "http://shop-app-prod:80"}, {"url": "http://shop-app-2-prod:80"}]
    assert meanwhile == [{"url": "http://shop-app-2-prod:80"}]

    lines = running(compose)
    one = {"_docker_host_service": "app"}
    unhealthy = [line.replace("(healthy)", "(unhealthy)") for line in lines]
    assert rendered(
        ("_docker_host_others", {**two, **one, **probe(*lines)}),
        ("_docker_host_others", {**two, **one, **probe(*unhealthy)}),
        ("_docker_host_others", {**one, **probe(*running(compose)[:2])}),
    ) == [["shop-app-2-prod"], [], []]


def test_traefik_is_the_same_whatever_environments_there_are(rendered):
    one, both = rendered((TRAEFIK, ONE), (TRAEFIK, {}))
    assert one == both
    assert min(one["networks"]["default"]["name"], "shop-0-web") == "shop--traefik", "the engine takes the first one"


def test_why_traefik_is_replaced(rendered, traefik):
    def written(*paths):
        return {"__docker_host_traefik_files": {"pending": list(paths)}}

    orphan = running({"services": {"x": {"container_name": "x", "labels": {"infra.definition": ""}}}}, "shop-traefik")
    changes = [
        ({}, []),
        # Somebody's, in its project.
        (probe(*traefik, *orphan), []),
        # Another inventory does not know its variables.
        ({"machine_owned": False, "docker_host_acme_dns_environment": {"TOKEN": "not mine"}}, []),
        (written("/x/dynamic/_machine.yml", "/x/.env", "/x/docker-compose.yml"), []),
        (written("/x/traefik.yml"), ["traefik.yml changed"]),
        ({"docker_host_traefik_image": "traefik:v3.8"}, ["its image changed"]),
        ({"docker_host_acme_dns_environment": {"TOKEN": "new"}}, ["its variables changed"]),
        (THREE, []),
    ]
    plans = rendered(*(("_docker_host_traefik_rows", {**probe(*traefik), **change}) for change, _why in changes))
    assert [[row["why"] for row in rows] for rows in plans] == [why for _change, why in changes]


def test_another_inventory_has_the_same_file_without_the_owners_secrets(rendered, traefik):
    """Else each of its runs would report a change."""
    without = {"machine_owned": False, "machine_credentials": {"secrets": {}}}
    # Its own variable: it differs from the owner's in any case.
    own = {"docker_host_acme_dns_environment": {"A": "b"}}
    owner, other = rendered((TRAEFIK, {}), (TRAEFIK, {**without, **own, **probe(*traefik)}))
    assert owner == other


def test_another_inventory_sees_the_networks_that_traefik_has(rendered, traefik):
    other = {"machine_owned": False, "docker_host_traefik_image": "traefik:v3.8", **probe(*traefik)}
    assert rendered(("_docker_host_networks_missing", other), ("_docker_host_networks_missing", {**other, **THREE})) == [
        [], ["shop-qa-web"],
    ]  # fmt: skip


@pytest.mark.parametrize("tasks", ["traefik", "stack"])
def test_compose_makes_none_anew_by_itself(tasks):
    """A Traefik of its making has no network of an environment; and a stack would be away at once, unlisted."""
    listed = yaml.safe_load((TASKS / f"{tasks}.yml").read_text())
    (run,) = (task for task in listed if task["name"].startswith("Run "))
    assert run["community.docker.docker_compose_v2"]["recreate"] == "never"


# What Traefik is connected to, and of what inventory it is.
CASES = {
    "one comes": (True, [], THREE),
    "one goes": (True, ["attached somebodys", "attached shop-tools"], ONE),
    "another Traefik": (True, [], {"docker_host_traefik_image": "traefik:v3.8"}),
    "no Traefik": (False, [], {}),
}


@pytest.fixture(scope="module")
def scripts(rendered, traefik, tmp_path_factory):
    """By its case, what connects Traefik, and the directory that it is made for."""
    directory = tmp_path_factory.mktemp("stacks")
    (directory / "traefik").mkdir()
    base = {"docker_host_base_directory": str(directory)}
    asked = [
        (NETWORKS, {**base, **probe(*(traefik if there else []), *more), **variables})
        for there, more, variables in CASES.values()
    ]
    return dict(zip(CASES, rendered(*asked), strict=True))


@pytest.fixture
def networks(scripts, tmp_path):
    """A function that runs it beside a docker that only writes down what it is asked, and gives that."""

    def run(case, fails="never"):
        log = tmp_path / "log"
        (tmp_path / "docker").write_text(DOCKER.format(log=log, fails=fails))
        (tmp_path / "docker").chmod(0o700)
        path = f"{tmp_path}:/usr/bin:/bin"
        done = subprocess.run(["/bin/sh", "-c", scripts[case]], env={"PATH": path}, check=False)
        return done.returncode, log.read_text().splitlines()

    return run


def test_an_environment_that_comes_is_joined_while_traefik_runs(networks):
    code, calls = networks("one comes", fails="'network inspect'*")
    assert code == 0
    assert calls == [
        "network inspect shop-qa-web",
        "network create shop-qa-web",
        "network connect shop-qa-web shop-traefik",
    ]


def test_one_that_goes_is_left_and_nothing_else(networks):
    assert networks("one goes") == (0, ["network disconnect shop-staging-web shop-traefik"])


def test_a_new_traefik_joins_all_of_them_before_it_starts(networks):
    code, calls = networks("another Traefik")
    assert code == 0
    assert calls[0] == "compose --project-name shop-traefik create --force-recreate"
    assert calls[-1] == "start shop-traefik"
    connected = [call for call in calls if call.startswith("network connect")]
    assert connected == [f"network connect shop-{name}-web shop-traefik" for name in ENVIRONMENTS]


def test_it_starts_also_where_one_network_cannot_be_joined_and_the_run_fails(networks):
    code, calls = networks("no Traefik", fails="'network connect shop-production-web'*")
    assert code == 1 and calls[-1] == "start shop-traefik"
    assert "network connect shop-staging-web shop-traefik" in calls


def test_a_connection_that_breaks_does_not_leave_it_made_and_not_started(scripts, tmp_path):
    log = tmp_path / "log"
    (tmp_path / "docker").write_text("#!/usr/bin/python3\nimport sys\n" + WRITER.format(log=log))
    (tmp_path / "docker").chmod(0o700)
    process = subprocess.Popen(
        ["/bin/sh", "-c", scripts["another Traefik"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    process.stdout.close()
    while not log.exists():
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGHUP)
    process.wait(timeout=30)
    assert log.read_text().splitlines()[-1] == "start shop-traefik"


def test_one_that_cannot_be_made_leaves_the_old_one_alone(networks):
    code, calls = networks("no Traefik", fails="'compose '*")
    assert code != 0 and calls == ["compose --project-name shop-traefik create --force-recreate"]


def test_what_a_run_would_store_is_found_at_the_member_that_said_so(tmp_path):
    """As roles/postgres_primary/tasks/databases.yml says it in check mode."""
    found = {"hosts": {"localhost": {}, "pg-main": {"postgres_primary_secrets": {"A": "new"}}, "pg-replica1": {}}}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"children": {"postgres": found}}}))
    expression = "_docker_host_coming_secrets"
    assert values_of_role(tmp_path, "docker_host", (expression, {}), inventory=f"{tmp_path}/hosts.json") == [
        {"A": "new"}
    ]
    assert values_of_role(tmp_path, "docker_host", (expression, {})) == [{}]
