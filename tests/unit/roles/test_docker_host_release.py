# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a converge does with a release that was deployed: it keeps it as it is, under its own names, and leaves the kept one alone."""

from __future__ import annotations

import json
import subprocess

import pytest
from support.helpers.plays import values_of_role

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Files, empty

SECRETS = {
    "POSTGRES_SHOP_PASSWORD": "a", "PRODUCTION_REDIS_PASSWORD": "b", "PRODUCTION_PGADMIN_PASSWORD": "c",
    "PRODUCTION_REVERB_APP_SECRET": "d", "PRODUCTION_DEFINITION_KEY": "e",
}  # fmt: skip
INVENTORY = {
    "docker_host_environments": {"production": {"domain": "app.test", "suffix": "prod"}},
    "docker_host_name_prefix": "shop",
    "docker_host_base_directory": "/srv",
    "docker_host_app_image": "registry.test:5000/shop:1",
    "docker_host_pgadmin_email": "team@shop.test",
    "docker_host_acme_email": "team@shop.test",
    "docker_host_acme_dns_provider": "rfc2136",
    "pgbouncer_client_environment": {
        "DB_HOST": "db01", "DB_PORT": "6432", "DB_DATABASE": "shop", "DB_USERNAME": "shop", "PGSSLROOTCERT": "/ca.crt",
    },
    "machine_credentials": {"secrets": SECRETS},
}  # fmt: skip
SERVICES = ("app", "reverb", "queue", "scheduler")
IMAGE = "registry.test:5000/shop@sha256:" + "7" * 64
FILE = "lookup('ansible.builtin.template', 'stack/docker-compose.yml.j2', template_vars={}) | from_yaml"
RELEASE_FILE = FILE.replace("{}", "{'_docker_host_part': 'release'}")


def colour(name, image=IMAGE, release="2"):
    tail = f"-{name}" if name else ""
    return {
        "name": name, "release": release, "image": image, "known": [], "project": f"shop-production{tail}",
        "file": f"/srv/production/docker-compose.production{tail}.yml",
        "containers": {service: f"shop-{service}-prod{tail}" for service in SERVICES},
    }  # fmt: skip


FIRST = colour("", "registry.test:5000/shop:1", "1")
DEPLOYED = {**empty(), "number": 7, "current": colour("r7"), "kept": FIRST}


def probe(state, *lines):
    return {"__docker_host_probe": {"stdout": "\n".join([f"release {json.dumps(state)}", *lines])}}


def running(compose, project, state="running"):
    return [
        f"stack {service['container_name']} {state} project={project} oneoff=False "
        f"definition={service['labels']['infra.definition']} status=Up 1 hour (healthy)"
        for service in compose["services"].values()
    ]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    directory = tmp_path_factory.mktemp("play")
    return lambda *asked: values_of_role(
        directory, "docker_host", *((expression, {**INVENTORY, **variables}) for expression, variables in asked)
    )


@pytest.fixture(scope="module")
def files(rendered):
    """The whole stack before the first deployment, and the two files afterwards."""
    before = {"__docker_host_probe": {"stdout": ""}}
    return rendered((FILE, before), (FILE, probe(DEPLOYED)), (RELEASE_FILE, probe(DEPLOYED)))


def test_a_release_has_a_project_names_and_an_image_of_its_own(files):
    before, stack, release = files
    assert list(before["services"]) == [*SERVICES, "redis", "pgadmin"]
    assert list(stack["services"]) == ["redis", "pgadmin"], "what a deployment never touches"
    assert {name: entry["container_name"] for name, entry in release["services"].items()} == {
        f"{service}-r7": f"shop-{service}-prod-r7" for service in SERVICES
    }
    assert {entry["image"] for entry in release["services"].values()} == {IMAGE}
    assert release["networks"]["default"] == {"name": "shop-production", "external": True} and "volumes" not in release
    # The network's name "reverb" is the first one's.
    assert release["services"]["queue-r7"]["environment"] == {"REVERB_HOST": "shop-reverb-prod-r7"}
    assert "depends_on" not in release["services"]["app-r7"]
    assert release["services"]["app-r7"]["stop_signal"] == "SIGQUIT"


def test_the_shared_services_are_not_made_anew_by_a_deployment(files):
    before, stack, _release = files
    assert {name: before["services"][name] for name in stack["services"]} == stack["services"]


def test_visitors_are_led_to_exactly_one_colour(rendered):
    servers = [
        f"_docker_host_routes.http.services['production-{name}'].loadBalancer.servers" for name in ("app", "reverb")
    ]
    found = rendered(*((each, probe(DEPLOYED)) for each in servers))
    assert found == [[{"url": "http://shop-app-prod-r7:80"}], [{"url": "http://shop-reverb-prod-r7:8080"}]]


def test_a_converge_replaces_nothing_and_removes_no_kept_container(rendered, files):
    before, stack, release = files
    lines = [
        *running(stack, "shop-production"), *running(release, "shop-production-r7"), *running(before, "shop-production", "exited"),
    ][: 2 + 4 + 4]  # fmt: skip
    newer = {**probe(DEPLOYED, *lines), "docker_host_app_image": "registry.test:5000/shop:9"}
    same, inventory_says_another = rendered(
        ("_docker_host_plan", probe(DEPLOYED, *lines)), ("_docker_host_plan", newer)
    )
    assert same == inventory_says_another
    assert (same["rows"], same["replaced"], same["removed"]) == ([], [], [])


def test_a_variable_that_changes_replaces_the_containers_of_the_release(rendered, files):
    _before, stack, release = files
    lines = [*running(stack, "shop-production"), *running(release, "shop-production-r7")]
    (plan,) = rendered(("_docker_host_plan", {**probe(DEPLOYED, *lines), "docker_host_env": {"A": "b"}}))
    assert plan["replaced"] == list(SERVICES) and plan["rows"][0]["name"] == "shop-app-prod-r7"


def test_back_at_the_first_release_the_stack_has_all_again(rendered, files):
    back = {**DEPLOYED, "current": FIRST, "kept": colour("r7")}
    (stack,) = rendered((FILE, probe(back)))
    assert stack == files[0]


def test_a_deployment_makes_the_file_that_a_converge_finds(rendered, files):
    """With the colour that it is about to make, before the machine knows of it."""
    nothing = {"__docker_host_probe": {"stdout": ""}, "_docker_host_release": DEPLOYED["current"]}
    compose, made, paths = rendered(
        (RELEASE_FILE, nothing), ("_docker_host_deploy_colour", nothing),
        ("_docker_host_deploy_files | map(attribute='path')", nothing),
    )  # fmt: skip
    assert compose == files[2]
    assert made == DEPLOYED["current"]
    assert paths == ["/srv/production/.env", "/srv/production/docker-compose.production-r7.yml"]


def test_where_the_deployment_begins(rendered):
    both = IMAGE.replace("@", ":1.2@")
    site, digest, tag_and_digest, port = rendered(
        ("_docker_host_deploy_site", probe(DEPLOYED)),
        ("_docker_host_deploy_site.repository", {**probe(DEPLOYED), "docker_host_app_image": IMAGE}),
        ("_docker_host_deploy_site.repository", {**probe(DEPLOYED), "docker_host_app_image": both}),
        ("_docker_host_deploy_site.traefik.address", {**probe(DEPLOYED), "docker_host_addresses": ["192.0.2.1"]}),
    )
    assert site["repository"] == digest == tag_and_digest == "registry.test:5000/shop"
    assert site["first"]["containers"] == FIRST["containers"] and site["first"]["project"] == "shop-production"
    assert (site["traefik"]["address"], port) == ("127.0.0.1", "192.0.2.1")


def test_a_converge_refuses_what_an_interrupted_run_left_and_a_deployment_does_not(rendered):
    operation = {"kind": "deploy", "who": "ana@laptop:4711", "step": "handing over", "new": {"release": "2"}}
    left = probe({**DEPLOYED, "operation": operation})
    problems, none, others = rendered(
        ("docker_host_problems", left), ("docker_host_problems", probe(DEPLOYED)),
        ("docker_host_problems", {**left, "_docker_host_deploys": True}),
    )  # fmt: skip
    assert problems == [
        "The deploy of 2 in production by ana@laptop:4711 was interrupted while handing over, so it is not certain which containers "
        "have to run. Run playbooks/deploy.yml or playbooks/rollback.yml, which begin by ending it."
    ]
    assert none == others == []


def test_a_removed_environment_leaves_no_release(rendered, tmp_path):
    """Its containers by their label, since the names of another environment may begin alike; the first one's are the stack's."""
    log, directory, releases = tmp_path / "log", tmp_path / "production", tmp_path / "releases"
    directory.mkdir()
    releases.mkdir()
    for name in (
        "docker-compose.production.yml",
        "docker-compose.production-r7.yml",
        "docker-compose.production-r8.yml",
    ):
        (directory / name).write_text("")
    (tmp_path / "docker").write_text(f'#!/bin/sh\necho "$*" >>{log}\ncase $1 in ps) echo shop-app-prod-r7;; esac\n')
    (tmp_path / "docker").chmod(0o700)
    own = {**probe(DEPLOYED), "docker_host_base_directory": str(tmp_path), "_docker_host_releases": str(releases)}
    (script,) = rendered(("lookup('ansible.builtin.template', 'remove_releases.sh.j2')", own))
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["/bin/sh", "-euc", script], env=path, capture_output=True, text=True, check=True)
    assert log.read_text().splitlines() == [
        "ps --all --filter label=infra.release=production --format {{.Names}}", "rm --force shop-app-prod-r7",
    ]  # fmt: skip
    assert [file.name for file in directory.iterdir()] == ["docker-compose.production.yml"] and not releases.exists()
    assert len(done.stdout.splitlines()) == 4, "what it did"
    again = subprocess.run(
        ["/bin/sh", "-euc", script.replace("docker ps", "true")], env=path, capture_output=True, text=True, check=True
    )
    assert again.stdout == ""


def test_whoever_is_still_connected_by_a_key_keeps_nothing_of_a_removed_environment(rendered, tmp_path):
    """As userdel does: it refuses a user who has processes."""
    log, connected, own = tmp_path / "log", tmp_path / "connected", tmp_path / "bin"
    own.mkdir()
    connected.write_text("")
    programs = {
        "docker": "", "id": "", "sleep": f"rm -f {connected}", "pkill": "", "pgrep": f"[ -e {connected} ]",
        "userdel": f"[ ! -e {connected} ] || exit 8",
    }  # fmt: skip
    for name, body in programs.items():
        (own / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{log}\n{body}\n')
        (own / name).chmod(0o700)
    base = {"docker_host_base_directory": str(tmp_path), "_docker_host_releases": f"{tmp_path}/none"}
    (script,) = rendered(("lookup('ansible.builtin.template', 'remove_releases.sh.j2')", {**probe(DEPLOYED), **base}))
    path = {"PATH": f"{own}:/usr/bin:/bin"}
    subprocess.run(["/bin/sh", "-euc", script], env=path, check=True)
    said = log.read_text().splitlines()
    assert (
        said.index("pkill -KILL -u deploy-key-production")
        < said.index("userdel deploy-key-production")
        == len(said) - 1
    )
    (own / "pkill").write_text("#!/bin/sh\nexit 1\n")
    subprocess.run(["/bin/sh", "-euc", script], env=path, check=True)
    assert log.read_text().splitlines()[-1] == "userdel deploy-key-production", "nobody was connected"


def test_the_image_of_a_release_is_known_to_be_there(rendered, tmp_path):
    """Else each converge would ask the registry for it."""
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o700)
    store = Files("production", str(tmp_path))
    with store.alone():
        store.save(DEPLOYED)
    own = {"__docker_host_probe": {"stdout": ""}, "_docker_host_releases": str(tmp_path / "production")}
    (script,) = rendered(("lookup('ansible.builtin.template', 'probe.sh.j2')", own))
    path = {"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"}
    said = subprocess.run(
        ["/bin/sh", "-c", script], env=path, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {f"image {IMAGE}", f"image {FIRST['image']}"} <= set(said)
    assert f"release {json.dumps(DEPLOYED)}" in said


def test_a_tag_that_moves_is_warned_of(rendered):
    moving = ["ghcr.io/shop/app:main", "registry.test:5000/app:dev", "app:stable"]
    fixed = [
        "app:1.4",
        "registry.test:5000/shop:1",
        IMAGE,
        "ghcr.io/shop/app:sha-9f3c2a1",
        "app:main@sha256:" + "7" * 64,
    ]
    # No run has these: docker_host_problems refuses them.
    refused = ["", "app:latest", "registry.test:5000/app"]
    told = rendered(
        *(("docker_host_warnings", {"docker_host_app_image": each}) for each in [*moving, *fixed, *refused])
    )
    for image, texts in zip(moving, told):
        (text,) = texts
        assert text.startswith(f"docker_host_app_image is {image}, a tag that moves") and "deploy_release=" in text
    assert told[len(moving) :] == [[]] * (len(fixed) + len(refused))
