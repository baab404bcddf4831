# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a machine's certificates, and when a new one is due. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict

SERVER, CLIENT = "serverAuth", "clientAuth"
# As community.crypto names them in a certificate or a request that it has read.
USES = {SERVER: "TLS Web Server Authentication", CLIENT: "TLS Web Client Authentication"}


class Wanted(TypedDict):
    """A certificate that a machine has to have: its file's name without the ending, its names, and what it may be used for."""

    name: str
    names: list[str]
    uses: list[str]


def subject_alt_names(names: Iterable[str]) -> list[str]:
    """Names and addresses as a certificate has them, each once: C(DNS:db01), C(IP:198.51.100.7).

    :raises ValueError: naming one that no certificate can have.
    """
    return list(dict.fromkeys(_marked(name) for name in names))


def due(wanted: Iterable[Wanted], found: Iterable[Mapping[str, Any]], authority: Mapping[str, Any]) -> list[Wanted]:
    """The certificates that have to be issued, each with what it is issued for.

    :arg found: what M(community.crypto.x509_certificate_info) said of each of them, in the same order.
    :arg authority: the same of the certificate authority.
    """
    pairs = list(zip(wanted, found))
    # Before there were two certificates, one was for both uses. It stays so until the client's own one has been there for a run:
    # whoever connects with it learns of another one later in the run.
    alone = any(CLIENT in one["uses"] and "subject" not in answer for one, answer in pairs)
    result: list[Wanted] = []
    for one, answer in pairs:
        if is_due(answer, authority, one):
            both = alone and CLIENT not in one["uses"] and USES[CLIENT] in (answer.get("extended_key_usage") or [])
            result.append({**one, "uses": [*one["uses"], CLIENT]} if both else one)
    return result


def is_due(certificate: Mapping[str, Any], authority: Mapping[str, Any], wanted: Wanted) -> bool:
    """Whether a certificate has to be issued.

    :arg certificate: what M(community.crypto.x509_certificate_info) said of the one that is there, with C(valid_at.renewal), whether it
        is valid for long enough; without C(subject) where there is none.
    """
    if "subject" not in certificate:
        return True
    # None outlives its authority: one that ends with it cannot be replaced by a longer one.
    if not certificate["valid_at"]["renewal"] and certificate["not_after"] < authority["not_after"]:
        return True
    if certificate["authority_key_identifier"] != authority["subject_key_identifier"]:
        return True
    if not {USES[use] for use in wanted["uses"]} <= set(certificate["extended_key_usage"] or []):
        return True
    return as_written(certificate["subject_alt_name"]) != set(wanted["names"])


def as_written(names: Iterable[str] | None) -> set[str]:
    """The names of a certificate or a request, in the words of C(subject_alt_names)."""
    given = [name.replace("IP Address:", "IP:") for name in names or []]
    # Releases of Python write an IPv4 address in an IPv6 one in two ways.
    return {f"IP:{_address(name[3:]) or name[3:]}" if name.startswith("IP:") else name for name in given}


def end(days: int, authority: Mapping[str, Any], now: datetime) -> str:
    """The end of a certificate that is issued for so many days, as M(community.crypto.x509_certificate_pipe) wants it: at most that of
    the authority.
    """
    wanted = (now + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")
    return min(wanted, str(authority["not_after"]))


def _marked(name: str) -> str:
    if address := _address(name):
        return f"IP:{address}"
    try:
        # The rest is left as it is: a name in ASCII may have what IDNA does not know, as "*" and "_".
        return f"DNS:{name if name.isascii() else name.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise ValueError(
            f"Found the name {name!r} for a certificate. Expected a DNS name or an address ({error})."
        ) from None


def _address(text: str) -> str | None:
    """An address in the one form in which it is compared, or None. A zone means something on one machine alone: no certificate has it."""
    try:
        return ipaddress.ip_address(text.partition("%")[0]).compressed
    except ValueError:
        return None
