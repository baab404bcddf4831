# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers from outside: ports, PostgreSQL's protocol without TLS, and HTTPS. Asks, sends no password, changes nothing."""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

SECONDS = 3
# What a visitor's browser has to be told.
HEADERS = ("Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")


def open_ports(address: str, ports: Iterable[int], seconds: float = SECONDS) -> list[int]:
    """Those that accept a connection."""

    def is_open(port: int) -> bool:
        try:
            with socket.create_connection((address, port), timeout=seconds):
                return True
        except OSError:
            return False

    listed = sorted(set(ports))
    with ThreadPoolExecutor(min(len(listed), 32) or 1) as pool:
        return [port for port, answers in zip(listed, pool.map(is_open, listed)) if answers]


def refuses_plaintext(address: str, port: int, seconds: float = SECONDS) -> tuple[bool | None, str]:
    """(whether it refuses, what it said) of a PostgreSQL or PgBouncer that is spoken to without TLS; None where nobody answers."""
    names = b"user\0validation\0database\0postgres\0\0"
    message = struct.pack("!ii", len(names) + 8, 196608) + names
    try:
        with socket.create_connection((address, port), timeout=seconds) as connection:
            connection.sendall(message)
            answer = connection.recv(1024)
    except OSError as error:
        return None, f"{address}:{port} does not answer: {error}"
    if not answer:
        return True, "it hung up"
    if answer[:1] == b"E":
        words = [part[1:].decode(errors="replace") for part in answer[5:].split(b"\0") if part[:1] == b"M"]
        return True, " ".join(words)
    return False, "it asks for a password without TLS" if answer[:1] == b"R" else f"it answered {answer[:1]!r}"


def redirects(address: str, host: str, seconds: float = SECONDS) -> str | None:
    """What is wrong with the answer on port 80, which may only lead to HTTPS."""
    connection = http.client.HTTPConnection(address, 80, timeout=seconds)
    try:
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        return f"port 80 does not answer: {error}"
    finally:
        connection.close()
    leads = answer.getheader("Location") or ""
    if answer.status in (301, 302, 307, 308) and leads.startswith("https://"):
        return None
    return f"port 80 answers {answer.status}, expected a redirect to https"


def served(address: str, host: str, authority: str | None, seconds: float = SECONDS) -> dict[str, Any]:
    """C(days) that the certificate is valid, and C(problems): its trust, old versions of TLS, headers that are missing."""
    problems: list[str] = []
    context = ssl.create_default_context(cadata=authority or None)
    days: float | None = None
    try:
        connection = _Connection(address, host, context, seconds)
        connection.request("GET", "/up")
        answer = connection.getresponse()
        ends = ssl.cert_time_to_seconds(str(connection.certificate["notAfter"]))
        days = round((ends - datetime.now(timezone.utc).timestamp()) / 86400, 1)
        problems += [f"the header {name} is missing" for name in HEADERS if not answer.getheader(name)]
        connection.close()
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        problems.append(f"https://{host} at {address}: {error}")
    problems += [f"{name} is accepted" for name in old_versions(address, host, seconds)]
    return {"days": days, "problems": problems}


class _Connection(http.client.HTTPSConnection):
    """To an address, by a name."""

    def __init__(self, address: str, host: str, context: ssl.SSLContext, seconds: float) -> None:
        super().__init__(host, 443, timeout=seconds, context=context)
        self.address, self.trust = address, context
        self.certificate: dict[str, Any] = {}

    def connect(self) -> None:
        plain = socket.create_connection((self.address, 443), timeout=self.timeout)
        self.sock = secured = self.trust.wrap_socket(plain, server_hostname=self.host)
        # The connection may be closed with the answer.
        self.certificate = dict(secured.getpeercert() or {})


def old_versions(address: str, host: str, seconds: float = SECONDS) -> list[str]:
    """TLS 1.0 and 1.1, where the server takes them."""
    found = []
    for version, name in ((ssl.TLSVersion.TLSv1, "TLS 1.0"), (ssl.TLSVersion.TLSv1_1, "TLS 1.1")):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # Only whether it would: nothing is sent.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        # OpenSSL itself refuses them otherwise, and the server is not asked.
        context.set_ciphers("ALL:@SECLEVEL=0")
        try:
            with (
                socket.create_connection((address, 443), timeout=seconds) as plain,
                context.wrap_socket(plain, server_hostname=host),
            ):
                found.append(name)
        except OSError:
            continue
    return found
