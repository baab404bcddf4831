# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Against a server that answers as Alertmanager's API does."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ansible_collections.plannerate.infra.plugins.modules import alertmanager_silences

MATCHERS = [{"name": "machine", "value": "db01"}]


class Handler(BaseHTTPRequestHandler):
    def answer(self, content, code=200):
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode() if content is not None else b"")

    def do_GET(self):
        assert self.path == "/api/v2/silences"
        self.answer([*self.server.silences.values()])

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.refuses:
            self.answer("invalid silence", 400)
            return
        number = body.pop("id", None) or f"s{len(self.server.silences) + 1}"
        self.server.silences[number] = {**body, "id": number, "status": {"state": "active"}}
        self.answer({"silenceID": number})

    def do_DELETE(self):
        self.server.silences[self.path.rpartition("/")[2]]["status"]["state"] = "expired"
        self.answer(None)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.silences, server.refuses = {}, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def run(run_module, server):
    def run(silences, check=False, **more):
        url = f"http://127.0.0.1:{server.server_port}"
        return run_module(
            alertmanager_silences, {"silences": silences, "author": "patch", "url": url, **more}, check=check
        )

    return run


def active(server):
    return [each for each in server.silences.values() if each["status"]["state"] == "active"]


def test_made_renewed_and_ended(server, run):
    first = run([MATCHERS], seconds=60)
    assert (first["changed"], first["silenced"]) == (True, True)
    (made,) = active(server)
    again = run([MATCHERS], seconds=900)
    (renewed,) = active(server)
    assert not again["changed"] and renewed["id"] == made["id"] and renewed["endsAt"] > made["endsAt"]
    ended = run([])
    assert (ended["changed"], ended["ended"], active(server)) == (True, [made["id"]], [])
    assert run([])["changed"] is False


def test_check_mode_asks_only(server, run):
    assert run([MATCHERS], check=True)["changed"] is True
    assert server.silences == {}


def test_an_alertmanager_that_does_not_answer_is_no_failure(server, run):
    server.refuses = True
    refused = run([MATCHERS])
    assert (refused["changed"], refused["silenced"]) == (False, False)
    assert "invalid silence" in str(refused["warnings"])
    nobody = run([MATCHERS], url="http://127.0.0.1:9")
    assert (nobody["changed"], nobody["silenced"]) == (False, False) and "are not silenced" in str(nobody["warnings"])


@pytest.mark.parametrize("silences", [[[]], [[{"name": "machine"}]], [["machine=db01"]]])
def test_what_would_silence_everything_is_refused(server, run, silences):
    result = run(silences)
    assert result["failed"] and "expected a list of matchers" in result["msg"] and server.silences == {}


def test_a_moment_is_not_enough(run):
    assert "seconds is 5, expected at least 60" in run([MATCHERS], seconds=5)["msg"]
