# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Monitoring that could tell nobody, or ask nobody, is refused."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.inventory import problems

WANTED = {
    "receiver": {"email_configs": [{"to": "team@example.com"}]},
    "without_receiver": False,
    "smtp": {"smtp_smarthost": "mail.example.com:587", "smtp_from": "alerts@example.com"},
    "servers": ["app01"],
    "members": [{"name": "pg-main", "port": 9999}],
    "runbook_url": "https://wiki.example.com/alerts",
    "docker_hosts": ["app01"],
    "addresses": ["192.0.2.1"],
    "grafana": {"domain": "grafana.example.com", "sources": ["192.0.2.0/24", "2001:db8::1"], "taken": ["example.com"]},
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"receiver": {}, "without_receiver": True},
        {"members": []},
        {"receiver": {}, "servers": []},
        {"grafana": {"domain": "", "sources": [], "taken": []}, "docker_hosts": [], "addresses": ["2001:db8::1"]},
    ],
)
def test_nothing_is_wrong(change):
    assert problems({**WANTED, **change}) == []


@pytest.mark.parametrize(
    "name",
    # Of Alertmanager 0.28 and later ones; the last one is nobody's yet.
    [
        "msteams_configs",
        "msteamsv2_configs",
        "rocketchat_configs",
        "incidentio_configs",
        "mattermost_configs",
        "other_configs",
    ],
)
def test_a_receiver_that_resembles_another_one_is_taken(name):
    assert problems({**WANTED, "receiver": {name: []}}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"receiver": {"email_config": []}}, ["email_config is not known, is email_configs meant?"]),
        ({"receiver": {"emial_configs": []}}, ["emial_configs is not known, is email_configs meant?"]),
        ({"smtp": {"smtp_smarhost": "mail.example.com:587"}}, ["smtp_smarhost is not known, is smtp_smarthost meant?"]),
        ({"receiver": {}}, ["monitoring_receiver is empty", "monitoring_without_receiver: true"]),
        (
            {"members": [{"name": "a", "port": 10000}, {"name": "b", "port": 9999}, {"name": "c", "port": 15432}]},
            ["a, c", "below 10000"],
        ),
        (
            {"docker_hosts": ["app02"]},
            ["monitoring_grafana_domain", "app01 of the group monitoring is not in docker_hosts"],
        ),
        ({"addresses": ["2001:db8::1"]}, ["no IPv6", "2001:db8::1"]),
        ({"grafana": {"domain": "https://x", "sources": [], "taken": []}}, ["'https://x', expected a name"]),
        (
            {"grafana": {"domain": "x.org", "sources": [], "taken": ["x.org"]}},
            ["'x.org', which is an environment's", "grafana.x.org"],
        ),
        (
            {"grafana": {"domain": "g.x.org", "sources": ["office"], "taken": []}},
            ["monitoring_grafana_sources has office"],
        ),
        ({"grafana": {"domain": "g.x.org", "sources": ["0.0.0.0/0"], "taken": []}}, ["0.0.0.0/0, which is everybody"]),
    ],
)
def test_each_problem_is_named(change, words):
    (text,) = problems({**WANTED, **change})
    for word in words:
        assert word in text


def test_every_problem_is_named_at_once():
    assert len(problems({**WANTED, "receiver": {}, "smtp": {"smtp_smarhost": "mail.example.com:587"}})) == 2


@pytest.mark.parametrize(
    "url", ["", "wiki.example.com/alerts", "https://wiki.example.com/our alerts", "https://x.example/a#b"]
)
def test_a_runbook_that_no_link_leads_to_is_refused(url):
    (problem,) = problems({**WANTED, "runbook_url": url})
    assert f"monitoring_runbook_url is '{url}', expected" in problem
