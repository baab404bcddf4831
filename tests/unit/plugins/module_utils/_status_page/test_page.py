# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the public status page watches of each environment, and what it tells of it. That Gatus takes it is in tests/long/status_page."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._status_page.page import configuration, key, moment

DOMAINS = {"production": {"domain": "example.com"}, "staging": {"domain": "staging.example.com", "wildcard": False}}
WANTED = {
    "language": "en",
    "title": "",
    "description": "",
    "interval": 20,
    "domains": DOMAINS,
    "environments": {"production": {}},
    "announcements": [],
    "maintenance": [],
    "address": "127.0.0.1",
    "port": 8085,
}


def made(**changes):
    return configuration({**WANTED, **changes})


def watched(shown, name="production"):
    """URL and conditions of what is watched of an environment."""
    endpoints = made(environments={name: shown})["endpoints"]
    return {endpoint["name"]: (endpoint["url"], endpoint["conditions"]) for endpoint in endpoints}


def test_every_environment_has_what_each_visitor_needs():
    assert watched({}) == {
        "Application": ("https://example.com/up", ["[STATUS] == 200"]),
        "Live updates": (
            "wss://example.com/app/production?protocol=7&client=js&version=8.4.0&flash=false",
            ["[CONNECTED] == true", "[BODY].event == pusher:connection_established"],
        ),
        "Certificate": ("tls://example.com:443", ["[CONNECTED] == true", "[CERTIFICATE_EXPIRATION] > 168h"]),
    }


def test_what_only_the_application_can_tell_is_watched_where_it_is_named():
    checks = [{"name": "Queue", "url": "https://example.com/health/queue", "contains": "done"}]
    found = watched({"tenant": "demo", "database_path": "/health/database", "checks": checks, "websocket_key": "abc"})
    assert found["Customer sites"] == ("https://demo.example.com/up", ["[STATUS] == 200"])
    assert found["Database"] == ("https://example.com/health/database", ["[STATUS] == 200"])
    assert found["Queue"] == ("https://example.com/health/queue", ["[STATUS] == 200", "[BODY] == pat(*done*)"])
    assert found["Live updates"][0].startswith("wss://example.com/app/abc?")
    assert "Live updates" not in watched({"websocket_key": ""})


def test_nothing_internal_is_shown_of_anything():
    everything = {
        "tenant": "demo",
        "database_path": "/db",
        "checks": [{"name": "Queue", "url": "https://example.com/q"}],
    }
    for endpoint in made(environments={"production": everything, "staging": {}})["endpoints"]:
        assert endpoint["ui"] == dict.fromkeys(
            ["hide-conditions", "hide-errors", "hide-hostname", "hide-port", "hide-url"], True
        )


def test_an_outage_is_seen_within_a_minute():
    for endpoint in made()["endpoints"]:
        assert (endpoint["interval"], endpoint["client"]["timeout"]) == ("20s", "10s")


def test_the_page_is_in_the_language_of_its_visitors():
    page = made(language="pt-BR", environments={"production": {"title": "Loja"}})
    assert page["ui"]["title"] == page["ui"]["header"] == "Situação dos serviços"
    assert "a cada 20 segundos" in page["ui"]["dashboard-subheading"]
    assert {(each["group"], each["name"]) for each in page["endpoints"]} >= {
        ("Loja", "Aplicação"),
        ("Loja", "Certificado"),
    }
    assert made(title="Ours", description="What we do")["ui"]["title"] == "Ours"


def test_history_is_kept_in_a_file():
    assert made()["storage"] == {"type": "sqlite", "path": "/data/history.db", "caching": True}


def test_what_is_announced_has_its_moment_in_utc_and_that_of_maintenance_as_it_was_written():
    announced = made(
        language="pt-BR",
        announcements=[{"at": "2026-12-01T22:00:00-03:00", "text": "Lento", "type": "warning", "archived": False}],
        maintenance=[
            {"begins": "2026-12-03T22:00:00-03:00", "ends": "2026-12-03T23:30:00-03:00", "text": "Atualização"}
        ],
    )["announcements"]
    assert announced == [
        {"timestamp": "2026-12-02T01:00:00Z", "type": "warning", "message": "Lento"},
        {
            "timestamp": "2026-12-04T01:00:00Z",
            "type": "information",
            "message": "Manutenção de 03/12/2026 22:00 (UTC-03:00) a 03/12/2026 23:30 (UTC-03:00): Atualização",
        },
    ]


def test_what_is_over_is_among_those_of_before():
    (announced,) = made(announcements=[{"at": "2026-12-01T22:00:00Z", "text": "Over", "archived": True}])[
        "announcements"
    ]
    assert announced["archived"] is True and announced["type"] == "none"


def test_no_variable_of_the_container_is_put_into_a_text():
    (announced,) = made(announcements=[{"at": "2026-12-01T22:00:00Z", "text": "R$ 5, $HOME"}])["announcements"]
    assert announced["message"] == "R$$ 5, $$HOME"


@pytest.mark.parametrize("given", ["2026-12-01T22:00:00", "tomorrow", None, ""])
def test_a_moment_without_its_offset_is_none(given):
    with pytest.raises(ValueError):
        moment(given)


def test_names_that_gatus_takes_for_the_same_have_one_key():
    assert key({"group": "A b", "name": "x.y"}) == key({"group": "a-B", "name": "X/y"}) == "a-b_x-y"
