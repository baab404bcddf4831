# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role status_page writes on a machine of its own, and on one of the Docker hosts. Gatus takes it in tests/long/status_page."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_plays, values_of_role

HERE = {"hosts": {"localhost": {"ansible_host": "192.0.2.1"}}}
ALONE = {"machines": HERE, "status": HERE, "docker_hosts": {"hosts": {"app01": {"ansible_host": "192.0.2.2"}}}}
BESIDE = {**ALONE, "docker_hosts": HERE}
WANTED = {
    "docker_host_environments": {"production": {"domain": "example.com", "pgadmin_host": "admin.example.com"}},
    "docker_host_acme_email": "team@example.com",
    "status_page_domain": "status.example.com",
    "ansible_managed": "managed",
    "__status_page_probe": {"stdout_lines": ['daemon {"data-root": "/srv"}', "package of its own docker-cli"]},
}


def template(name):
    return f"lookup('ansible.builtin.template', '{name}.j2')"


def made(directory, inventory, **changes):
    asked = {
        "unit": template("status-page.service"),
        "edge": template("edge/status-edge.service"),
        "traefik": f"{template('edge/traefik.yml')} | from_yaml",
        "routes": f"{template('edge/routes.yml')} | from_yaml",
        "page": f"{template('page.yaml')} | from_yaml",
        "probe": template("probe.sh"),
        "files": "_status_page_files",
        "units": "_status_page_units",
        "packages": "_status_page_packages",
        "route": "_status_page_route",
        "answers": "_status_page_answers",
        "problems": "status_page_problems",
        "warnings": "status_page_warnings",
    }
    (directory / "hosts.json").write_text(json.dumps(inventory))
    found = values_of_role(
        directory,
        "status_page",
        *((expression, {**WANTED, **changes}) for expression in asked.values()),
        inventory=str(directory / "hosts.json"),
    )
    return dict(zip(asked, found, strict=True))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return made(tmp_path_factory.mktemp("alone"), ALONE)


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    return made(tmp_path_factory.mktemp("beside"), BESIDE)


def options(unit):
    """The words of the command by which its container runs."""
    return unit.partition("ExecStart=")[2].replace("\\\n", "").partition("\n")[0].split()


def test_a_machine_of_its_own_has_its_own_ports_certificate_and_engine(alone):
    assert alone["problems"] == [] and alone["warnings"] == []
    assert alone["packages"] == ["python3-requests", "docker.io", "docker-cli"]
    assert [unit["name"] for unit in alone["units"]] == ["docker.service", "status-edge.service", "status-page.service"]
    assert {name: entry["address"] for name, entry in alone["traefik"]["entryPoints"].items()} == {
        "web": ":80",
        "websecure": ":443",
    }
    assert alone["traefik"]["certificatesResolvers"]["http"]["acme"]["email"] == "team@example.com"
    (router,) = alone["routes"]["http"]["routers"].values()
    assert router["tls"] == {"certResolver": "http"} and router["rule"].startswith("Host(`status.example.com`) && ")
    (service,) = alone["routes"]["http"]["services"].values()
    assert service["loadBalancer"]["servers"] == [{"url": "http://127.0.0.1:8085"}]
    assert alone["page"]["web"] == {"address": "127.0.0.1", "port": 8085}


def test_an_engine_that_somebody_set_up_keeps_its_settings(alone):
    (daemon,) = [entry for entry in alone["files"] if entry["path"] == "/etc/docker/daemon.json"]
    assert json.loads(daemon["content"]) == {"data-root": "/srv", "live-restore": True}


def test_on_a_docker_host_it_is_behind_traefik_there_and_that_is_said(beside):
    assert beside["problems"] == []
    (text,) = beside["warnings"]
    assert text.startswith("the group status has localhost, which the status page also watches")
    assert beside["packages"] == ["python3-requests"]
    assert [unit["name"] for unit in beside["units"]] == ["status-page.service"]
    assert not [entry["path"] for entry in beside["files"] if "edge" in entry["path"] or "docker" in entry["path"]]
    assert beside["route"] == {
        "name": "status-page",
        "host": "status.example.com",
        "url": "http://192.0.2.1:8085",
        "sources": ["0.0.0.0/0", "::/0"],
    }
    assert beside["page"]["web"]["address"] == "192.0.2.1"


def test_what_visitors_come_through_has_to_answer_before_it_counts_as_loaded(alone, beside):
    assert [(each["url"], each["codes"], each["unit"]) for each in alone["answers"]] == [
        ("http://127.0.0.1:8085/health", [200], "status-page"),
        ("http://127.0.0.1:80/", [301, 308], "status-edge"),
    ]
    assert [each["url"] for each in beside["answers"]] == ["http://192.0.2.1:8085/health"]
    tasks = yaml.safe_load((ROOT / "roles/status_page/tasks/services.yml").read_text())
    names = [task["name"] for task in tasks]
    (waits,) = [task for task in tasks if "ansible.builtin.uri" in task]
    assert "_status_page_answers" in waits["loop"] and waits["ansible.builtin.uri"]["follow_redirects"] == "none"
    assert names.index(waits["name"]) < names.index("Remember that it is loaded")


def test_its_containers_have_no_rights_that_they_do_not_need(alone):
    page, edge = options(alone["unit"]), options(alone["edge"])
    for command in (page, edge):
        assert "--read-only --cap-drop ALL" in " ".join(command) and "no-new-privileges" in command
        assert {"--memory", "--cpus", "--pids-limit"} <= {*command} and "--publish" not in command
    assert "--cap-add" not in page and page[page.index("--user") + 1] == "9431:9431"
    assert edge[edge.index("--cap-add") + 1] == "NET_BIND_SERVICE"
    assert page[-1] == yaml.safe_load((ROOT / "roles/status_page/defaults/main.yml").read_text())["status_page_image"]


def test_each_file_of_a_unit_is_written(alone, beside):
    for found in (alone, beside):
        written = {entry["path"] for entry in found["files"]}
        for unit in found["units"]:
            assert {*unit["restart"], *unit.get("reload", ())} <= written


def test_private_authorities_are_trusted_by_whom_they_are_for(tmp_path):
    found = made(tmp_path, ALONE, status_page_ca_certificate="watched", status_page_acme_ca_certificate="issuing")
    assert "--env SSL_CERT_FILE=/config/authority.crt" in found["unit"]
    assert found["traefik"]["certificatesResolvers"]["http"]["acme"]["caCertificates"] == ["/etc/traefik/acme-ca.crt"]


def test_names_that_are_somebody_elses_are_refused(tmp_path):
    for number, domain in enumerate(("example.com", "admin.example.com")):
        (tmp_path / str(number)).mkdir()
        (text,) = made(tmp_path / str(number), ALONE, status_page_domain=domain)["problems"]
        assert f"status_page_domain is '{domain}', which something else has already" in text


def test_the_probe_is_a_program(alone):
    subprocess.run(["sh", "-n"], input=alone["probe"].encode(), check=True)


@pytest.mark.parametrize(
    ("inventory", "ports"), [({"machines": HERE, "docker_hosts": HERE}, []), (BESIDE, [8085])], ids=["without", "with"]
)
def test_traefik_of_a_docker_host_gets_through_its_firewall(tmp_path, inventory, ports):
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    found = values_of_role(
        tmp_path, "docker_host", ("_docker_host_local_ports", {}), inventory=str(tmp_path / "hosts.json")
    )
    assert found == [ports]


def test_without_the_group_nothing_is_asked_of_a_machine(tmp_path):
    """The play runs on this machine, and would fail without a domain."""
    (play,) = [
        each
        for each in yaml.safe_load((ROOT / "playbooks/status_page.yml").read_text())
        if each.get("hosts") == "machines"
    ]
    hosts = {"machines": {"hosts": {"localhost": {"ansible_connection": "local", "ansible_become": False}}}}
    (tmp_path / "hosts.json").write_text(json.dumps(hosts))
    code, said = run_plays(tmp_path, [{**play, "become": False}], f"--inventory={tmp_path}/hosts.json")
    assert code == 0 and "ok=0 " in said, said
    (tmp_path / "hosts.json").write_text(json.dumps({**hosts, "status": {"hosts": {"localhost": None}}}))
    code, said = run_plays(tmp_path, [{**play, "become": False}], f"--inventory={tmp_path}/hosts.json")
    assert code != 0 and "status_page_domain is ''" in said, said


def test_machines_without_the_page_are_asked_for_nothing(tmp_path):
    found = made(
        tmp_path, {**BESIDE, "status": {"hosts": {"app01": {"ansible_host": "192.0.2.2"}}}}, status_page_domain=""
    )
    assert found["problems"] == found["warnings"] == []
