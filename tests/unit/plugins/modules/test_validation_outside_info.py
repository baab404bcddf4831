# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every machine and every site is asked, and one that does not answer is told."""

from __future__ import annotations

import socket

from ansible_collections.plannerate.infra.plugins.modules import validation_outside_info


def test_it_tells_open_ports_and_a_site_that_is_away(run_module, monkeypatch):
    def away(*_arguments, **_options):
        raise ConnectionRefusedError(111, "Connection refused")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        closed = {"db01": {"address": "127.0.0.1", "ports": [port]}}
        answer = run_module(validation_outside_info, {"closed": closed, "timeout": 1})
    assert (answer["changed"], answer["open"]) == (False, {"db01": [port]})
    monkeypatch.setattr(socket, "create_connection", away)
    answer = run_module(validation_outside_info, {"closed": closed, "edges": {"site.test": "192.0.2.1"}, "timeout": 1})
    assert answer["open"] == {"db01": []} and answer["edges"]["site.test"]["days"] is None
    problems = " ".join(answer["edges"]["site.test"]["problems"])
    assert "https://site.test at 192.0.2.1: " in problems and "port 80 does not answer" in problems
