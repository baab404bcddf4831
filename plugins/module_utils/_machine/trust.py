# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which authorities a machine trusts, and of which one its certificates are: those in its files, and those that its servers show. Never
writes.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

AUTHORITY, NEXT, PREVIOUS = "ca", "next", "previous"
CERTIFICATES = ("machine", "client")

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
# PostgreSQL's SSLRequest, which PgBouncer knows too.
_ASK_FOR_TLS = struct.pack("!ii", 8, 80877103)
_SECONDS = 5


class Trust(TypedDict):
    """Authorities by their key identifiers, as M(community.crypto.x509_certificate_info) writes them.

    ``trusted``: in the order of C(ca.crt). ``certificates``: of which authority each file is. ``served``: of which one the certificate
    is that a server shows, None where it shows none. ``authorities``: those that the machine keeps, by the names of their files.
    """

    trusted: list[str]
    certificates: dict[str, str]
    served: dict[str, str | None]
    authorities: dict[str, str]


def trust(directory: Path, authority_directory: Path, servers: Mapping[str, int], host: str = "127.0.0.1") -> Trust:
    """What a machine trusts and shows.

    :arg servers: ports of servers that speak PostgreSQL's protocol, by the names under which they are told.
    """
    return {
        "trusted": [identifier(one) for one in _read(directory / "ca.crt")],
        "certificates": {name: issuer(one) for name in CERTIFICATES for one in _read(directory / f"{name}.crt")[:1]},
        "served": {name: _served(host, port) for name, port in servers.items()},
        "authorities": {
            name: identifier(one)
            for name in (AUTHORITY, NEXT, PREVIOUS)
            for one in _read(authority_directory / f"{name}.crt")[:1]
        },
    }


def identifier(certificate: Any) -> str:
    """The key identifier of an authority."""
    from cryptography import x509

    return _hex(certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest)


def issuer(certificate: Any) -> str:
    """The key identifier of the authority that signed a certificate; empty where it does not tell."""
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        found = None
    return _hex(found or b"")


def _hex(data: bytes) -> str:
    return data.hex(":")


def _read(path: Path) -> list[Any]:
    """The certificates of a file, none where it is not there."""
    from cryptography import x509

    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    # Releases before 39 have no function for several.
    return [x509.load_pem_x509_certificate(one) for one in _PEM.findall(text)]


def _served(host: str, port: int) -> str | None:
    from cryptography import x509

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Whatever it shows is what is asked for.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=_SECONDS) as connection:
        connection.sendall(_ASK_FOR_TLS)
        if connection.recv(1) == b"S":
            with context.wrap_socket(connection) as session:
                return issuer(x509.load_der_x509_certificate(session.getpeercert(binary_form=True) or b""))
    return None
