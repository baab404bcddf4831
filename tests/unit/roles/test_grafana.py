# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role monitoring writes for Grafana, and whom Traefik lets in. Its image cannot be had where these tests run."""

from __future__ import annotations

import configparser
import json

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

HOSTS = {
    name: {"hosts": {"localhost": {"ansible_host": "192.0.2.1"}}} for name in ("machines", "monitoring", "docker_hosts")
}
WANTED = {"monitoring_grafana_domain": "grafana.example.com", "monitoring_grafana_sources": ["192.0.2.0/24"]}
ENVIRONMENTS = {
    "a": {"domain": "x.org"},
    "b": {},
    "c": {"domain": "y.org", "pgadmin_host": "admin.y.org"},
}
ROUTE = {"name": "grafana", "host": "grafana.example.com", "url": "http://192.0.2.1:3000", "sources": []}


def values(directory, role, *asked):
    (directory / "hosts.json").write_text(json.dumps(HOSTS))
    if not (directory / "files").exists():
        (directory / "files").symlink_to(ROOT / "roles/monitoring/files")
    return values_of_role(directory, role, *asked, inventory=str(directory / "hosts.json"))


def template(name):
    return f"lookup('ansible.builtin.template', '{name}.j2')"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    asked = {
        "unit": (template("grafana/grafana.service"), WANTED),
        "ini": (template("grafana/grafana.ini"), WANTED),
        "datasources": (template("grafana/datasources.yml"), WANTED),
        "providers": (template("grafana/dashboards.yml"), WANTED),
        "files": (
            "_monitoring_grafana_files",
            {**WANTED, "machine_credentials": {"secrets": {"GRAFANA_ADMIN_PASSWORD": "x"}}},
        ),
        "units": ("_monitoring_units", WANTED),
        "route": ("_monitoring_grafana_route", WANTED),
        "units without": ("_monitoring_units", {}),
        "packages without": ("_monitoring_packages", {}),
        "secrets": ("monitoring_wanted_secrets", WANTED),
        "taken": ("_monitoring_grafana_taken", {"docker_host_environments": ENVIRONMENTS}),
        "problems": ("monitoring_problems", {**WANTED, "monitoring_without_receiver": True}),
        "secrets without": ("monitoring_wanted_secrets", {}),
    }
    common = {"postgres_tls_directory": "/etc/ssl", "_monitoring_members": []}
    found = values(
        tmp_path_factory.mktemp("grafana"),
        "monitoring",
        *((expression, {**common, **variables}) for expression, variables in asked.values()),
    )
    return dict(zip(asked, found, strict=True))


def test_there_is_none_unless_it_has_a_name(written):
    assert "grafana" not in json.dumps(written["units without"])
    assert "python3-requests" not in written["packages without"]
    assert set(written["secrets"]) - set(written["secrets without"]) == {"GRAFANA_ADMIN_PASSWORD"}


def test_names_of_environments_are_taken(written):
    assert written["taken"] == ["x.org", "y.org", "admin.y.org", "pgadmin.x.org"]
    assert written["problems"] == []


def test_its_container_has_no_rights_and_writes_nothing_on_the_machine(written):
    command = written["unit"].partition("ExecStart=")[2].replace("\\\n", "").partition("\n")[0].split()
    options = " ".join(command)
    assert "--read-only --cap-drop ALL --security-opt no-new-privileges" in options
    assert "--user 472:0" in options and "--pids-limit 256" in options and "--memory 512m" in options
    assert [word for word in command if word.startswith("/etc")] == ["/etc/monitoring/grafana:/etc/grafana:ro"]
    assert "--publish" not in command and command[-1] == "grafana/grafana:12.4.10"


def test_it_listens_where_traefik_comes_and_nobody_is_let_in_without_a_password(written):
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(written["ini"])
    assert (ini["server"]["http_addr"], ini["server"]["http_port"]) == ("192.0.2.1", "3000")
    assert written["route"]["url"] == "http://192.0.2.1:3000"
    assert ini["server"]["root_url"] == "https://grafana.example.com/"
    assert ini["security"]["admin_password"] == "$__file{/etc/grafana/admin-password}"
    assert not ini.has_section("auth.anonymous")


def test_only_itself_reads_the_password(written):
    (password,) = [entry for entry in written["files"] if entry.get("secret")]
    assert (password["owner"], password["mode"]) == ("472", "0400")


def test_what_it_shows_cannot_be_changed_in_it(written):
    (source,) = yaml.safe_load(written["datasources"])["datasources"]
    assert (source["uid"], source["editable"], source["url"]) == ("prometheus", False, "http://127.0.0.1:9090")
    (provider,) = yaml.safe_load(written["providers"])["providers"]
    assert provider["allowUiUpdates"] is False and provider["disableDeletion"] is True


def test_each_dashboard_is_installed_and_each_file_of_the_unit_is_written(written):
    paths = {entry["path"] for entry in written["files"]}
    assert {path.rpartition("/")[2] for path in paths if path.endswith(".json")} == {
        path.name for path in (ROOT / "roles/monitoring/files/dashboards").iterdir()
    }
    (unit,) = [unit for unit in written["units"] if unit["name"] == "grafana.service"]
    assert {*unit["restart"]} <= paths


def test_a_dashboard_links_to_the_installations_own_runbook(tmp_path):
    named = {"dashboard": "redis"}
    own = {**named, "monitoring_runbook_url": "https://wiki.example.com/alerts"}
    first, second = values(
        tmp_path,
        "monitoring",
        *((f"{template('grafana/dashboard.json')} | from_json", vars_) for vars_ in (named, own)),
    )
    links = [link["url"] for panel in second["panels"] for link in panel.get("links", [])]
    assert links and all(link.startswith("https://wiki.example.com/alerts#redis") for link in links)
    assert first == json.loads((ROOT / "roles/monitoring/files/dashboards/redis.json").read_text())


@pytest.mark.parametrize(
    ("environments", "tls"),
    [
        ({}, {"certResolver": "http"}),
        ({"a": {"domain": "example.com"}}, {}),
        ({"a": {"domain": "example.com", "wildcard": True}}, {}),
        ({"a": {"domain": "example.com", "wildcard": False}}, {"certResolver": "http"}),
        ({"a": {"domain": "example.org"}}, {"certResolver": "http"}),
    ],
    ids=str,
)
def test_the_name_has_the_certificate_of_a_wildcard_above_it_or_its_own(tmp_path, environments, tls):
    variables = {"docker_host_machine_route": ROUTE, "docker_host_environments": environments}
    ((router,),) = values(
        tmp_path,
        "docker_host",
        (f"({template('machine_route.yml')} | from_yaml).http.routers.values() | list", variables),
    )
    assert router["tls"] == tls and router["middlewares"] == ["machine-grafana"] and router["priority"] == 1000


@pytest.mark.parametrize(("sources", "let_in"), [([], ["127.0.0.1"]), (["192.0.2.7"], ["192.0.2.7"])])
def test_nobody_reaches_it_who_is_not_listed(tmp_path, sources, let_in):
    variables = {"docker_host_machine_route": {**ROUTE, "sources": sources}, "docker_host_environments": {}}
    (http,) = values(tmp_path, "docker_host", (f"({template('machine_route.yml')} | from_yaml).http", variables))
    assert http["middlewares"]["machine-grafana"] == {"ipAllowList": {"sourceRange": let_in}}
    assert http["services"]["machine-grafana"]["loadBalancer"]["servers"] == [{"url": ROUTE["url"]}]
