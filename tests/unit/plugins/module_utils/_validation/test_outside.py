# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers is found by asking it: ports, PostgreSQL's protocol, HTTPS with its certificate and versions."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import subprocess
import threading

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation import outside


@contextlib.contextmanager
def answering(answer):
    """The port of a server that says something to each client, whatever that sends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = listening.accept()
                    with connection:
                        connection.recv(1024)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.fixture
def silent_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def test_a_port_is_open_if_it_accepts(silent_port):
    with answering(b"") as port:
        assert outside.open_ports("127.0.0.1", [silent_port, port]) == [port]
    assert outside.open_ports("127.0.0.1", []) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"E\0\0\0\x20SFATAL\0Mno encryption\0\0", (True, "no encryption")),
        (b"R\0\0\0\x08\0\0\0\x0a", (False, "it asks for a password without TLS")),
        (b"", (True, "it hung up")),
    ],
)
def test_a_server_refuses_plaintext_or_asks_for_a_password(answer, expected):
    with answering(answer) as port:
        assert outside.refuses_plaintext("127.0.0.1", port) == expected


def test_a_server_that_is_not_there_neither_refuses_nor_answers(silent_port):
    refuses, said = outside.refuses_plaintext("127.0.0.1", silent_port)
    assert refuses is None and "does not answer" in said


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    path = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=site.test", "-addext", "subjectAltName=DNS:site.test", "-days", "30", "-nodes"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *subject]
    subprocess.run([*command, "-keyout", path / "key", "-out", path / "crt"], check=True, capture_output=True)
    return path


@pytest.fixture
def https(certificate, monkeypatch):
    """A function that serves a site with headers and a lowest version, at the port that is asked."""

    @contextlib.contextmanager
    def serve(headers, lowest=ssl.TLSVersion.TLSv1_2):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                for name in headers:
                    self.send_header(name, "x")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "crt", certificate / "key")
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = lowest
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_arguments: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        real = socket.create_connection
        monkeypatch.setattr(
            outside.socket, "create_connection", lambda address, timeout: real(server.server_address, timeout)
        )
        yield
        server.shutdown()
        server.server_close()

    return serve


def test_a_site_as_it_should_be_has_no_problems(https, certificate):
    with https(outside.HEADERS):
        found = outside.served("192.0.2.1", "site.test", (certificate / "crt").read_text())
    assert found["problems"] == [] and 29 <= found["days"] <= 30


def test_headers_that_are_missing_trust_and_old_versions_are_told(https, certificate):
    with https(outside.HEADERS[1:], ssl.TLSVersion.TLSv1):
        trusted = outside.served("192.0.2.1", "site.test", (certificate / "crt").read_text())
        found = outside.served("192.0.2.1", "site.test", None)
    assert trusted["problems"] == [
        "the header Strict-Transport-Security is missing",
        "TLS 1.0 is accepted",
        "TLS 1.1 is accepted",
    ]
    assert found["days"] is None and "certificate verify failed" in found["problems"][0]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://site.test/\r\nContent-Length: 0\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "port 80 answers 200, expected a redirect to https"),
    ],
)
def test_port_80_may_only_lead_to_https(monkeypatch, answer, problem):
    with answering(answer) as port:
        real = socket.create_connection
        monkeypatch.setattr(
            outside.http.client.socket, "create_connection", lambda _address, *rest: real(("127.0.0.1", port), *rest)
        )
        assert outside.redirects("192.0.2.1", "site.test") == problem
