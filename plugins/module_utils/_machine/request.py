# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine asks the authority to sign, beside what it may ask for: whatever is signed, every other machine believes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._machine.certificate import USES, as_written

KEY = ("ECC", "secp256r1")
NAMES, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS = "2.5.29.17", "2.5.29.37", "2.5.29.19"
EXTENSIONS = {
    BASIC_CONSTRAINTS: "basicConstraints",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.15": "keyUsage",
    "2.5.29.18": "issuerAltName",
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.36": "policyConstraints",
    "2.5.29.54": "inhibitAnyPolicy",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsFeature",
}


def problems(request: Mapping[str, Any], host: str, names: Iterable[str], uses: Iterable[str]) -> list[str]:
    """Each thing in a request that is not as it has to be: found, expected.

    :arg request: what M(community.crypto.openssl_csr_info) said of it.
    :arg host: the inventory name of the machine that it comes from.
    :arg names: the C(subject_alt_names) that this machine may have.
    :arg uses: C(serverAuth), C(clientAuth).
    """
    return list(_problems(request, host, set(names), {USES[use] for use in uses}))


def _problems(request: Mapping[str, Any], host: str, names: set[str], uses: set[str]) -> Iterator[str]:
    if "subject_ordered" not in request:
        yield f"it cannot be read ({request.get('msg', 'no reason was told')})"
        return
    if not request["signature_valid"]:
        yield "its signature is not of its own key"
    subject = [[str(part) for part in pair] for pair in request["subject_ordered"]]
    if subject != [["commonName", host]]:
        yield f"its subject is {', '.join('='.join(pair) for pair in subject) or 'empty'}, expected commonName={host}"
    found = as_written(request["subject_alt_name"])
    if found != names:
        yield f"its names are {_listed(found)}, expected {_listed(names)}"
    found = set(request["extended_key_usage"] or [])
    if found != uses:
        yield f"its uses are {_listed(found)}, expected {_listed(uses)}"
    if "CA:TRUE" in (request["basic_constraints"] or []):
        yield "it is for an authority (CA:TRUE), expected a certificate that signs no others"
    for oid in sorted(set(request["extensions_by_oid"]) - {NAMES, EXTENDED_KEY_USAGE}):
        yield f"it has the extension {EXTENSIONS.get(oid, oid)}, expected subjectAltName and extendedKeyUsage alone"
    key = (
        request["public_key_type"],
        request["public_key_data"].get("curve") or request["public_key_data"].get("size"),
    )
    if key != KEY:
        yield f"its key is {' '.join(str(part) for part in key)}, expected {' '.join(KEY)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"
