# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine trusts and shows is read from its files, and asked of its servers."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.trust import trust

NEW = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2"


def certificate(path, name, *more):
    command = [*NEW.split(), "-subj", f"/CN={name}", "-keyout", f"{path}.key", "-out", f"{path}.crt", *map(str, more)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def identifier(path, extension="subjectKeyIdentifier"):
    """As openssl writes it, in the words of the module."""
    command = ["openssl", "x509", "-noout", "-ext", extension, "-in", str(path)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return shown.split()[-1].removeprefix("keyid:").lower()


@pytest.fixture
def places(tmp_path):
    """The directories of a machine and of the authority, with two authorities, the first of which signed the machine's certificate."""
    own, authority = tmp_path / "own", tmp_path / "authority"
    own.mkdir()
    authority.mkdir()
    for name in ("ca", "next"):
        certificate(authority / name, "machine CA")
    certificate(own / "machine", "db01", "-CA", authority / "ca.crt", "-CAkey", authority / "ca.key")
    (own / "ca.crt").write_text((authority / "next.crt").read_text() + (authority / "ca.crt").read_text())
    return own, authority


@pytest.fixture
def port(places):
    """A server that answers as PostgreSQL does, as often as it is asked."""
    own, _authority = places
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own / "machine.crt", own / "machine.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                assert connection.recv(8) == b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
                connection.sendall(b"S")
                context.wrap_socket(connection, server_side=True).close()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    server.join(timeout=5)


def test_each_authority_is_told_in_the_order_of_the_file_and_by_its_name(places, port):
    own, authority = places
    old, new = (identifier(authority / f"{name}.crt") for name in ("ca", "next"))
    assert old != new
    found = trust(own, authority, {"pg-main": port})
    assert found["trusted"] == [new, old] and found["authorities"] == {"ca": old, "next": new}
    assert found["certificates"] == {"machine": old} and found["served"] == {"pg-main": old}


def test_a_server_that_is_down_or_has_no_tls_shows_none(places):
    own, authority = places
    with socket.create_server(("127.0.0.1", 0)) as closed:
        down = closed.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def refuse():
            with plain.accept()[0] as connection:
                connection.recv(8)
                connection.sendall(b"N")

        server = threading.Thread(target=refuse, daemon=True)
        server.start()
        found = trust(own, authority, {"down": down, "plain": plain.getsockname()[1]})
        server.join(timeout=5)
    assert found["served"] == {"down": None, "plain": None}


def test_a_bare_machine_trusts_nobody(tmp_path):
    nothing = {"trusted": [], "certificates": {}, "served": {}, "authorities": {}}
    assert trust(tmp_path / "own", tmp_path / "authority", {}) == nothing
