# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traefik's file, its answers and its log, as a deployment reads them; what is asked in its network, of a real server."""

from __future__ import annotations

import errno
import http.server
import json
import os
import re
import subprocess
import sys
import threading

import pytest
from support.helpers.releases import colour

from ansible_collections.plannerate.infra.plugins.module_utils._deploy import traefik
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.command import Done
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed, Request
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.traefik import CHECK, Place, Proxy
from ansible_collections.plannerate.infra.plugins.module_utils._docker.traefik import marked, render

CONTENT = {"http": {"routers": {"shop-app": {"rule": "Host(`a`)"}}}}


class Machine:
    """``rows``: what Traefik has, of the file's content; ``log``: what it logged."""

    def __init__(self, api=None, log=()):
        self.api, self.log = api, log

    def inspect(self, names):
        return {name: {"State": {"Pid": 7}} for name in names}

    def run(self, command, seconds=0):
        if command[0] == "nsenter":
            return Done(0, json.dumps(self.api()), False)
        return Done(0, "\n".join(self.log), False)


@pytest.fixture
def proxy(tmp_path, monkeypatch):
    monkeypatch.setattr(traefik, "LOAD_SECONDS", 0.5)
    monkeypatch.setattr(traefik, "LOG_SECONDS", 0.5)
    file = tmp_path / "shop.yml"
    file.write_text("before")
    return lambda **machine: (
        Proxy(Machine(**machine), Place("traefik", str(file), "web", "shop", "a.test", "127.0.0.1")),
        file,
    )


def loaded(file, status="enabled"):
    """What a Traefik answers that has loaded the file."""
    marks = re.findall(r"loaded-\w+", file.read_text())
    return {
        "middlewares": [{"name": f"{mark}@file", "status": "enabled"} for mark in marks],
        "routers": [
            {"name": "shop-app@file", "status": status, "error": ["no such rule"] if status != "enabled" else []}
        ],
        "services": [],
    }


def test_a_file_is_in_place_once_traefik_has_it(proxy):
    one, file = proxy(api=lambda: loaded(file))
    text = render(marked(CONTENT))
    one.route(text)
    assert file.read_text() == text == one.routes()
    # Traefik reads what ends in .yml.
    assert sorted(each.name for each in file.parent.iterdir()) == ["shop.yml", "shop.yml.before"]


def test_the_way_back_needs_no_room_on_the_disk(proxy, monkeypatch):
    one, file = proxy(api=lambda: loaded(file))
    first, second, third = (
        render(marked({"http": {"routers": {"shop-app": {"rule": f"Host(`{name}`)"}}}})) for name in "abc"
    )
    one.route(first)
    one.route(second)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        one.route(third)
    assert file.read_text() == second
    one.route(first)
    assert file.read_text() == first


@pytest.mark.parametrize(
    ("answer", "why"),
    [(lambda file: loaded(file, "disabled"), "no such rule"), (lambda file: {"middlewares": []}, "did not load")],
    ids=["refused", "not loaded"],
)
def test_what_traefik_does_not_take_is_taken_back(proxy, answer, why):
    one, file = proxy(api=lambda: answer(file))
    with pytest.raises(GateFailed, match=why):
        one.route(render(marked(CONTENT)))
    assert file.read_text() == "before"


@pytest.mark.parametrize("shows", [True, False])
def test_what_traefik_logged_is_told_where_lines_are(proxy, shows):
    one, file = proxy(api=lambda: {"middlewares": []}, log=['{"level":"error","msg":"of another environment"}'])
    one.shows_log = shows
    with pytest.raises(GateFailed, match="did not load") as failed:
        one.route(render(marked(CONTENT)))
    assert ("of another environment" in str(failed.value)) is shows and file.read_text() == "before"


def entry(router="shop-app@file", server="app-r1:80", path="/", status=200, nanoseconds=250_000_000):
    return json.dumps(
        {
            "RouterName": router,
            "ServiceAddr": server,
            "RequestPath": path,
            "DownstreamStatus": status,
            "Duration": nanoseconds,
        }
    )


def test_only_this_environments_answers_are_read(proxy):
    log = [
        entry(),
        '{"level": "info"}',
        entry("other-app@file"),
        'half a line with "RequestPath"',
        entry(status=502, server="app:80"),
    ]
    one, _file = proxy(log=log)
    assert one.requests(0) == [Request("app-r1", 200, 0.25), Request("app", 502, 0.25)]


@pytest.mark.parametrize(
    ("server", "status", "why"),
    [("app-r1", 200, ""), ("app", 200, "app answered through the public port, expected app-r1"), ("app-r1", 500, "answers 500"),
     ("", 200, "Traefik logged 0 of 3 answers")],
)  # fmt: skip
@pytest.mark.parametrize("logs", ["query", "User-Agent"])
def test_who_answered_through_the_public_port_is_what_traefik_logged(proxy, monkeypatch, server, status, why, logs):
    log = []
    one, _file = proxy(log=log)

    def ask(path, name):
        if server:
            line = entry(server=f"{server}:80", path=path if logs == "query" else "/up")
            log.append(line if logs == "query" else json.dumps({**json.loads(line), "request_User-Agent": name}))
        return status

    monkeypatch.setattr(one, "_ask_public", ask)
    found = one.confirm(["app-r1"])
    assert why in found and bool(found) == bool(why)


@pytest.fixture
def server():
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Host"]))
            self.send_response({"/up": 200, "/bad": 500}.get(self.path, 404))
            self.end_headers()

        def log_message(self, *_args):
            pass

    httpd = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield httpd.server_port, asked
    httpd.shutdown()
    httpd.server_close()


@pytest.mark.parametrize(
    ("path", "expected", "said", "times"),
    [
        ("/up", [200], "", 2),
        ("/bad", [200], "app-r1 answers 500 to GET /bad, expected 200", 1),
        ("/none", [*range(200, 500)], "", 2),
    ],
)
def test_it_is_asked_by_its_domain_several_times_in_a_row(proxy, server, path, expected, said, times):
    port, asked = server
    one, _file = proxy()
    inspected = {"app-r1": {"NetworkSettings": {"Networks": {"web": {"IPAddress": "127.0.0.1"}}}}}
    check = one._check(inspected, colour(1), "app", port, path, expected)
    done = subprocess.run(
        [sys.executable, "-c", CHECK, json.dumps([check]), "2"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said and asked == [(path, "a.test")] * times
