# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose keys an armoured OpenPGP file holds, so that a repository's key is known before apt trusts it. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

BLOCK = re.compile(
    r"\s*-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[A-Za-z]+: .*\r?\n)*\s*\n(?P<data>[A-Za-z0-9+/=\s]+?)(?:^=[A-Za-z0-9+/]{4}\s*)?"
    r"-----END PGP PUBLIC KEY BLOCK-----\s*",
    re.MULTILINE,
)
PUBLIC_KEY = 6
# Signature, user id, subkey, user attribute, trust: what belongs to the key before it.
PARTS_OF_A_KEY = {2, 13, 14, 17, 12}


def fingerprints(text: str) -> list[str]:
    """The fingerprint of each primary key. Nothing else may be in the file, since apt would trust what is overlooked here.

    :raises ValueError: saying why this is not one armoured block of keys of version 4.
    """
    match = BLOCK.fullmatch(text)
    if not match:
        raise ValueError("it is not exactly one armoured block of public keys")
    try:
        data = base64.b64decode("".join(match["data"].split()), validate=True)
    except binascii.Error as error:
        raise ValueError(f"its block is damaged: {error}") from None
    found = []
    for tag, body in _packets(data):
        if tag == PUBLIC_KEY:
            if body[:1] != b"\x04":
                raise ValueError(f"a key has the version {body[0] if body else 'none'}, expected 4")
            found.append(hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper())
        elif tag not in PARTS_OF_A_KEY or not found:
            raise ValueError(f"it has a packet of the kind {tag}, expected public keys alone")
    return found


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(kind, content) of each packet, in the old and in the new format."""
    at = 0
    while at < len(data):
        first, at = data[at], at + 1
        if first & 0xC0 == 0xC0:
            tag = first & 0x3F
            length, at = _new_length(data, at)
        elif first & 0x80:
            tag = first >> 2 & 0x0F
            size = (1, 2, 4, 0)[first & 3]
            if not size:
                raise ValueError("a packet has no length")
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        else:
            raise ValueError("its packets are damaged")
        if at + length > len(data):
            raise ValueError("its last packet is cut")
        yield tag, data[at : at + length]
        at += length


def _new_length(data: bytes, at: int) -> tuple[int, int]:
    first = data[at] if at < len(data) else 255
    if first < 192:
        return first, at + 1
    if first < 224 and at + 1 < len(data):
        return (first - 192 << 8) + data[at + 1] + 192, at + 2
    if first == 255:
        return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5
    raise ValueError("a packet comes in parts")
