# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A status page that could not start, would show nothing, or goes with what it watches, is told before anything changes."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._status_page.inventory import problems, warnings

WANTED = {
    "language": "en",
    "title": "",
    "description": "",
    "interval": 20,
    "domains": {"production": {"domain": "example.com"}, "staging": {"domain": "example.org", "wildcard": False}},
    "environments": {"production": {}, "staging": {}},
    "announcements": [],
    "maintenance": [],
    "address": "127.0.0.1",
    "port": 8085,
    "images": {"status_page_image": f"gatus:v5@sha256:{'0' * 64}", "status_page_edge_image": "traefik:v3.7.9"},
    "servers": ["status01"],
    "domain": "status.example.com",
    "taken": ["example.com", "example.org"],
    "acme_email": "team@example.com",
    "behind_traefik": False,
    "watched": ["app01", "db01"],
}
AT = "2026-12-01T22:00:00-03:00"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"servers": [], "domain": "", "images": {"status_page_image": ""}, "environments": {}},
        {"environments": {"production": {"tenant": "demo", "database_path": "/health/db", "websocket_key": ""}}},
        {"environments": {"production": {"checks": [{"name": "Q", "url": "https://a.b/q", "contains": "all done"}]}}},
        {"announcements": [{"at": AT, "text": "Slow", "type": "warning"}]},
        {"maintenance": [{"begins": AT, "ends": "2026-12-02T01:30:00Z", "text": "Upgrade"}]},
        {"behind_traefik": True, "address": "192.0.2.1", "acme_email": ""},
    ],
    ids=str,
)
def test_nothing_is_wrong(change):
    assert problems({**WANTED, **change}) == []


def shown(**options):
    return {"environments": {"production": options}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"domain": ""}, "status_page_domain is '', expected the page's name"),
        ({"domain": "example.com"}, "which something else has already"),
        ({"images": {"status_page_image": "gatus"}}, "status_page_image is 'gatus', expected a name with a tag"),
        ({"acme_email": ""}, "status_page_acme_email is ''"),
        ({"behind_traefik": True, "address": "2001:db8::1"}, "has no IPv6"),
        ({"language": "pt"}, "status_page_language is 'pt', expected en or pt-BR"),
        ({"interval": 9}, "status_page_interval is 9, expected 10 or more"),
        ({"environments": {}}, "status_page_environments is empty"),
        (
            {"environments": {"test": {}}},
            "test is not known, expected a name with a domain in docker_host_environments",
        ),
        (shown(colour="red"), "expected {}, or some of title"),
        (shown(tenant="demo.x"), "tenant is 'demo.x'"),
        ({"environments": {"staging": {"tenant": "demo"}}}, "wildcard: false, expected no tenant"),
        (shown(websocket_key="a/b"), "websocket_key is 'a/b'"),
        (shown(database_path="health"), "database_path is 'health', expected a path"),
        (shown(checks=[{"url": "https://a.b"}]), "expected name, url"),
        (shown(checks=[{"name": "Q", "url": "a.b"}]), "Q: url is 'a.b'"),
        (shown(checks=[{"name": "Q", "url": "https://a.b", "contains": "a == b"}]), "contains is 'a == b'"),
        (
            shown(checks=[{"name": "application", "url": "https://a.b"}]),
            "2 lines that would be called production_application",
        ),
        ({"announcements": [{"at": "2026-12-01 22:00", "text": "x"}]}, "at is '2026-12-01 22:00', expected a moment"),
        ({"announcements": [{"at": AT, "text": " "}]}, "expected a text"),
        ({"announcements": [{"at": AT, "text": "x", "type": "red"}]}, "type is 'red', expected one of outage"),
        ({"maintenance": [{"begins": AT, "ends": AT, "text": "x"}]}, "expected a moment after"),
        ({"maintenance": [{"begins": AT, "ends": "soon", "text": "x"}]}, "ends is 'soon'"),
    ],
)
def test_each_problem_is_named(change, words):
    (text,) = problems({**WANTED, **change})
    assert words in text


def test_a_page_that_goes_with_what_it_watches_is_only_a_warning():
    assert warnings(WANTED) == [] and warnings({**WANTED, "servers": []}) == []
    (text,) = warnings({**WANTED, "servers": ["db01"]})
    assert text.startswith("the group status has db01, which the status page also watches")
    assert problems({**WANTED, "servers": ["db01"]}) == []
