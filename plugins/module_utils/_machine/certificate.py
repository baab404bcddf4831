# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a machine's certificate, and when a new one is due. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any


def subject_alt_names(names: Iterable[str]) -> list[str]:
    """Names and addresses as OpenSSL writes them, each once: C(DNS:db01), C(IP:198.51.100.7)."""
    return [f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in dict.fromkeys(names)]


def is_due(certificate: Mapping[str, Any], authority: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether a certificate has to be issued.

    :arg certificate: what M(community.crypto.x509_certificate_info) said of the one that is there, with C(valid_at.renewal), whether it
        is valid for long enough; without C(subject) where there is none.
    :arg authority: the same of the certificate authority.
    :arg names: the C(subject_alt_names) that it has to have, in any order.
    """
    if "subject" not in certificate or not certificate["valid_at"]["renewal"]:
        return True
    if certificate["authority_key_identifier"] != authority["subject_key_identifier"]:
        return True
    present = {name.replace("IP Address:", "IP:") for name in certificate["subject_alt_name"] or []}
    return present != set(names)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
