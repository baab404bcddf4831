# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Docker shares a machine with PgBouncer or Grafana, its containers are let in by their bridge; nobody else is by their addresses."""

from __future__ import annotations

import json

import pytest
from support.helpers.plays import values_of_role

RULE = "ufw-after-input -i br-+ -p tcp --dport {} -j ACCEPT"
DOCKERS = ["172.16.0.0/12", "192.168.0.0/16"]
OURS = [{"base": "10.9.0.0/16", "size": 24}]


def inventory(directory, *groups):
    path = directory / "hosts.json"
    path.write_text(
        json.dumps({group: {"hosts": {"localhost": {"ansible_host": "192.0.2.1"}}} for group in ("machines", *groups)})
    )
    return str(path)


def test_pgbouncer_takes_the_addresses_of_its_machines_containers(tmp_path):
    ours = [{}, {"docker_host_address_pools": OURS}, {"docker_host_daemon_settings": {"default-address-pools": OURS}}]
    asked = [("_pgbouncer_bridges", variables) for variables in ours]
    hosts = inventory(tmp_path, "pgbouncers", "docker_hosts")
    assert values_of_role(tmp_path, "pgbouncer", *asked, inventory=hosts) == [DOCKERS, ["10.9.0.0/16"], ["10.9.0.0/16"]]


def test_elsewhere_it_takes_none_of_them(tmp_path):
    hosts = inventory(tmp_path, "pgbouncers")
    assert values_of_role(tmp_path, "pgbouncer", ("_pgbouncer_bridges", {}), inventory=hosts) == [[]]


@pytest.mark.parametrize(
    ("groups", "ports"),
    [
        (["docker_hosts"], []),
        (["docker_hosts", "monitoring"], [3001]),
        (["docker_hosts", "pgbouncers"], [6432, 7000]),
    ],
    ids=str,
)
def test_the_firewall_goes_by_the_bridge(tmp_path, groups, ports):
    rules = "lookup('ansible.builtin.template', 'after.rules.j2')"
    asked = [
        (rules, {"item": f"/etc/ufw/after{version}.rules", **variables})
        for version in ("", "6")
        for variables in (
            {},
            {"pgbouncer_port": 7000, "monitoring_grafana_domain": "g.x.org", "monitoring_grafana_port": 3001},
        )
    ]
    *four, six, _six = values_of_role(tmp_path, "docker_host", *asked, inventory=inventory(tmp_path, *groups))
    found = [line for text in four for line in text.splitlines() if "ufw-after-input" in line]
    assert found == [f"-A {RULE.format(port)}" for port in ports]
    assert "ufw-" not in six and four[0].count("DOCKER-USER") == six.count("DOCKER-USER")


def test_a_bridge_of_somebody_else_is_not_let_in_because_its_name_begins_as_dockers_own(tmp_path):
    hosts = inventory(tmp_path, "docker_hosts", "pgbouncers")
    probe = {"stdout": "foreign br-lan\nforeign br-shop\nbridge br-shop"}
    ((first, *others),) = values_of_role(
        tmp_path, "docker_host", ("_docker_host_local_rules", {"__docker_host_probe": probe}), inventory=hosts
    )
    assert first == "ufw-after-input -i br-lan -p tcp --dport 6432 -j RETURN"
    assert others == [RULE.format(6432)]
