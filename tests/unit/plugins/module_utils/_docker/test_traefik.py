# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dynamic file is rendered the same every time, and Traefik's answer is compared with it, without a Traefik."""

from __future__ import annotations

import json

from ansible_collections.plannerate.infra.plugins.module_utils._docker.traefik import (
    load_problems,
    marked,
    marker,
    render,
    without_server,
)

CONTENT = {"http": {"routers": {"shop": {"rule": "Host(`a.test`)"}}, "services": {"shop": {}}}}


def answer(router):
    rows = [{"name": "shop@file", "status": "enabled"}]
    return {"routers": [{"name": "shop@file", **router}] if router else [], "services": rows, "middlewares": []}


def test_the_same_content_is_the_same_text():
    turned = {"http": {"services": {"shop": {}}, "routers": {"shop": {"rule": "Host(`a.test`)"}}}}
    assert render(marked(CONTENT)) == render(marked(turned))
    assert marker(CONTENT) != marker({"http": {}})


def test_the_marker_is_a_middleware_that_nothing_uses():
    text = render(marked(CONTENT))
    read = json.loads(text.partition("\n")[2])
    assert list(read["http"]["middlewares"]) == [marker(CONTENT)]
    assert "middlewares" not in CONTENT["http"]


def test_what_is_enabled_is_good():
    assert load_problems(CONTENT, answer({"status": "enabled"})) == []


def test_what_is_missing_or_disabled_is_named_with_the_reason():
    assert load_problems(CONTENT, answer(None)) == ["router shop is missing"]
    (found,) = load_problems(CONTENT, answer({"status": "disabled", "error": ["unsupported function: Hostt"]}))
    assert found == "router shop: unsupported function: Hostt"
    (found,) = load_problems(CONTENT, answer({"status": "warning"}))
    assert found == "router shop: its status is warning"


def served(status, checks_health=True):
    content = {
        "http": {"services": {"shop": {"loadBalancer": {"healthCheck": {"path": "/up"}} if checks_health else {}}}}
    }
    return without_server(content, {"services": [{"name": "shop@file", "serverStatus": status}]})


def test_one_server_that_is_up_is_enough():
    assert served({"http://a": "DOWN", "http://b": "UP"}) == []


def test_a_service_whose_servers_are_down_is_named_with_them():
    assert served({"http://a": "DOWN"}) == ["service shop: http://a is DOWN"]
    assert served({}) == ["service shop: it has no server"]


def test_without_a_health_check_nobody_knows():
    assert served({"http://a": "DOWN"}, checks_health=False) == []
