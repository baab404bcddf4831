# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that go to a log server as a machine sends them, and what a search finds of them."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.helpers.logs_here import LogServer, export, program

PATH = "/insert/journald/upload"
search = program("logs_search")
TYPE = {"Content-Type": "application/vnd.fdo.journal"}


def request(
    server: LogServer,
    tls: Path | None,
    path: str = PATH,
    method: str = "POST",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> int:
    """The status that a machine with these certificates gets."""
    context = ssl.create_default_context(cafile=server.tls / "ca.crt")
    if tls:
        context.load_cert_chain(tls / "client.crt", tls / "client.key")
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
    try:
        connection.request(method, path, body, dict(headers or TYPE))
        return connection.getresponse().status
    finally:
        connection.close()


def sent(server: LogServer, tls: Path, *lines: Mapping[str, str], **more: Any) -> None:
    assert request(server, tls, body=export(list(lines)), **more) == 200


def found(capsys: pytest.CaptureFixture[str], query: str, *options: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert search.main([query, "--json", *options]) == 0
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]
