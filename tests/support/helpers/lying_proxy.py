# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real S3 server seen through a proxy that lies about it, or fails once."""

from __future__ import annotations

import http.client
import random
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.helpers.lying_store import lie

_CONTENTS = re.compile(rb"<Contents>.*?</Contents>", re.S)
_KEY = re.compile(rb"<Key>(.*?)</Key>")
_BY_HAND = rb"<Contents><Key>%s</Key><LastModified>2026-01-01T00:00:00Z</LastModified><Size>1</Size></Contents>"
ERRORS = (500, 503, 403)


class LyingProxy(ThreadingHTTPServer):
    """On a port of its own. What is signed passes unchanged, the host's name with it."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port, self.own_port = port, self.server_address[1]
        self.choice = random.Random(0)
        # What is listed instead, or the status of one answer, of the C(which)-th request that looks.
        self.kind: str | int | None = None
        self.which = 0
        self.gone: list[str] = []
        self.about: set[str] = set()
        self.looks = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def begin(self, kind: str | int | None, which: int = 0) -> None:
        self.kind, self.which, self.looks, self.about = kind, which, 0, set()

    def listed(self, body: bytes) -> bytes:
        blocks = {_KEY.findall(block)[0].decode(): block for block in _CONTENTS.findall(body)}
        if not isinstance(self.kind, str) or not blocks:
            return body
        names, directory = lie(self.kind, list(blocks), self.gone, self.choice)
        self.about |= {directory} - {""}
        entries = [blocks.get(name, _BY_HAND % name.encode()) for name in names]
        begin, end = body.index(b"<Contents>"), body.rindex(b"</Contents>") + len(b"</Contents>")
        return body[:begin] + b"".join(entries) + body[end:]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer is one packet: otherwise each waits 40 ms for the other end to confirm its head.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: LyingProxy

    def _pass(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command in ("GET", "HEAD"):
            self.server.looks += 1
            if self.server.kind in ERRORS and self.server.looks == self.server.which:
                self._answer(int(self.server.kind), {}, b"")
                return
        there = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        there.request(self.command, self.path, sent, dict(self.headers))
        answer = there.getresponse()
        body = answer.read()
        headers = {name.title(): value for name, value in answer.getheaders()}
        there.close()
        if "list-type=2" in self.path and "max-keys" not in self.path and answer.status == 200:
            body = self.server.listed(body)
            headers["Content-Length"] = str(len(body))
        self._answer(answer.status, headers, body)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if name not in ("Transfer-Encoding", "Connection"):
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""
