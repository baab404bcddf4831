# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus asks every machine and every member, by the right address and under its name."""

from __future__ import annotations

from support.helpers.plays import values_of_role

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.targets import node_targets, postgres_targets

HOSTVARS = {
    "db01": {"ansible_host": "203.0.113.1", "machine_address": "10.0.0.1"},
    "app01": {"ansible_host": "203.0.113.2"},
    "other": {"ansible_host": "203.0.113.3"},
}
MEMBER = {"name": "pg-main", "machine": "db01", "address": "10.0.0.1", "port": 5433}


def test_machines_are_asked_by_the_address_that_their_peers_use():
    assert node_targets(["app01", "db01"], HOSTVARS) == [
        {"targets": ["203.0.113.2:9100"], "labels": {"instance": "app01", "machine": "app01"}},
        {"targets": ["10.0.0.1:9100"], "labels": {"instance": "db01", "machine": "db01"}},
    ]


def test_members_are_asked_on_their_port_with_a_1_before_it():
    assert postgres_targets([MEMBER]) == [
        {
            "targets": ["10.0.0.1:15433"],
            "labels": {"instance": "pg-main", "member": "pg-main", "machine": "db01"},
        }
    ]


def test_an_address_of_ipv6_stands_in_brackets(tmp_path):
    """Else its last part would be the port."""
    assert node_targets(["db01"], {"db01": {"ansible_host": "2001:db8::1"}})[0]["targets"] == ["[2001:db8::1]:9100"]
    assert postgres_targets([{**MEMBER, "address": "2001:db8::1"}])[0]["targets"] == ["[2001:db8::1]:15433"]
    asked = [("_monitoring_address", {"machine_address": address}) for address in ("2001:db8::1", "10.0.0.1")]
    assert values_of_role(tmp_path, "monitoring", *asked) == ["[2001:db8::1]", "10.0.0.1"]
