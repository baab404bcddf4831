# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new domain's certificate is waited for; what Traefik makes for itself is none."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker import served_certificates
from ansible_collections.plannerate.infra.plugins.module_utils._docker.served_certificates import ASK, new_names, wait
from ansible_collections.plannerate.infra.plugins.module_utils._docker.traefik import render


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that only a sleep moves."""
    now = [0.0]
    monkeypatch.setattr(served_certificates.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(served_certificates.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_a_name_is_new_where_the_file_of_before_does_not_route_it():
    before = render({"http": {"routers": {"app": {"rule": "Host(`old.test`) || Host(`*.old.test`)"}}}})
    assert new_names(["old.test", "new.test", "d.test"], before) == ["new.test", "d.test"]
    assert new_names(["old.test"], None) == ["old.test"]


def test_the_certificate_of_a_new_name_is_waited_for(clock):
    found = wait(lambda names: [name for name in names if clock[0] < 25], ["new.test"], ["new.test"], 90)
    assert (found, clock[0]) == ([], 25)


def test_one_that_does_not_come_is_told_and_one_that_was_missing_before_costs_no_time(clock):
    def ask(names):
        return list(names)

    assert (wait(ask, ["new.test"], ["new.test"], 90), clock[0]) == (["new.test"], 90)
    clock[0] = 0
    assert (wait(ask, ["old.test"], [], 90), clock[0]) == (["old.test"], 0)


@pytest.fixture
def port(tmp_path):
    """A server with a certificate for app.test, and for other names what Traefik makes for itself."""
    contexts = {}
    for name in ("TRAEFIK DEFAULT CERT", "app.test"):
        files = [tmp_path / f"{len(contexts)}.{kind}" for kind in ("crt", "key")]
        command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        command += ["-subj", f"/CN={name}", "-out", str(files[0]), "-keyout", str(files[1])]
        subprocess.run(command, check=True, capture_output=True)
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(*files)
    default = contexts["TRAEFIK DEFAULT CERT"]

    def choose(connection, name, _context):
        connection.context = contexts.get(name, default)

    default.sni_callback = choose
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection, default.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(1)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_a_server_is_asked_for_each_name(port):
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(port), "app.test", "new.test"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == ["new.test"]


def test_a_server_that_does_not_answer_has_none():
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(free), "app.test"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == ["app.test"]
