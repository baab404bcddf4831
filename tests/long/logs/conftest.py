# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log server as the role writes it, and a machine that sends to it."""

from __future__ import annotations

import json

import pytest
from support.helpers.logs_here import Authority, LogServer
from support.helpers.logs_sent import search


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(scope="module")
def db01(authority):
    return authority.machine("db01")


@pytest.fixture(scope="module")
def server(authority, tmp_path_factory):
    server = LogServer(tmp_path_factory.mktemp("server"), authority)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(autouse=True)
def configuration(server, tmp_path, monkeypatch):
    file = tmp_path / "search.json"
    file.write_text(json.dumps(server.search))
    monkeypatch.setattr(search, "CONFIGURATION", file)
    return json.loads(file.read_text())
