# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository's key is known by its fingerprint, and nothing else comes in beside it."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.openpgp import fingerprints

# Made with gpg, which names these fingerprints: a key with a subkey, and the same with another key behind it.
ONE = """-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawhU/RYJKwYBBAHaRw8BAQdAlW8aTxQt095ZHPUmv9cV3CbyAMn6SSEWYeSf
uxlXE7m0InRlc3QgcmVwb3NpdG9yeSA8dGVzdEBleGFtcGxlLmNvbT6IkAQTFggA
OBYhBOKshpBxlLx2aBkKnqrmIm6UCIO8BQJrCFT9AhsBBQsJCAcCBhUKCQgLAgQW
AgMBAh4BAheAAAoJEKrmIm6UCIO8cpUA/3dFI1oNxPMZJRYwX3BBSl7pwrLWy6T+
7KOkiMLuXU6vAP9Tn6h9uohEY74/DjwVLaKgUjAYEc/C/LOGYyhc/DHAB7gzBGsI
VP0WCSsGAQQB2kcPAQEHQEJKvkkZq4dAXSUZe2U5fZmtnX+80hCZeNWbokRlhYnS
iO8EGBYIACAWIQTirIaQcZS8dmgZCp6q5iJulAiDvAUCawhU/QIbAgCBCRCq5iJu
lAiDvHYgBBkWCAAdFiEEgq+mtcyvZTmmC3shG/L7ME/jwioFAmsIVP0ACgkQG/L7
ME/jwirJfQD/R/S/K5N1D2hNzN9gLaWAY2/RwzC9wSQvGDkMn6LSKBkA/0A96t9K
ixqvNM1VXmJma9S4mIl5gohvrrpE7GvM9PED1SABAKtLovgdLQFOjWSoVVaBaZru
73hws+QHHwdOrMtIc0dxAQDiWKvs20Nv2msGzpLtqOh10YN9+KIwZ1f96BApntji
CQ==
=PhVY
-----END PGP PUBLIC KEY BLOCK-----
"""
TWO = """-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawhU/RYJKwYBBAHaRw8BAQdAlW8aTxQt095ZHPUmv9cV3CbyAMn6SSEWYeSf
uxlXE7m0InRlc3QgcmVwb3NpdG9yeSA8dGVzdEBleGFtcGxlLmNvbT6IkAQTFggA
OBYhBOKshpBxlLx2aBkKnqrmIm6UCIO8BQJrCFT9AhsBBQsJCAcCBhUKCQgLAgQW
AgMBAh4BAheAAAoJEKrmIm6UCIO8cpUA/3dFI1oNxPMZJRYwX3BBSl7pwrLWy6T+
7KOkiMLuXU6vAP9Tn6h9uohEY74/DjwVLaKgUjAYEc/C/LOGYyhc/DHAB7gzBGsI
VP0WCSsGAQQB2kcPAQEHQEJKvkkZq4dAXSUZe2U5fZmtnX+80hCZeNWbokRlhYnS
iO8EGBYIACAWIQTirIaQcZS8dmgZCp6q5iJulAiDvAUCawhU/QIbAgCBCRCq5iJu
lAiDvHYgBBkWCAAdFiEEgq+mtcyvZTmmC3shG/L7ME/jwioFAmsIVP0ACgkQG/L7
ME/jwirJfQD/R/S/K5N1D2hNzN9gLaWAY2/RwzC9wSQvGDkMn6LSKBkA/0A96t9K
ixqvNM1VXmJma9S4mIl5gohvrrpE7GvM9PED1SABAKtLovgdLQFOjWSoVVaBaZru
73hws+QHHwdOrMtIc0dxAQDiWKvs20Nv2msGzpLtqOh10YN9+KIwZ1f96BApntji
CZgzBGsIVP0WCSsGAQQB2kcPAQEHQM975z8jd2b8RXznGN8+mUtBymMWyTeWnqfX
tnE/8Hv6tBlvdGhlciA8b3RoZXJAZXhhbXBsZS5jb20+iJAEExYIADgWIQRDdbyw
Gde6gjOWcEmNeeKP+oV9dgUCawhU/QIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIX
gAAKCRCNeeKP+oV9dg1nAQCzJe7VKSV7oRMvJ4WkuC7UkeOAkmyjt0/nVWlnbFb3
MgD7BhTkHO9dMci8UIoovTtnsNHtlaabVF3t7i1SkyA+yA0=
=mz6j
-----END PGP PUBLIC KEY BLOCK-----
"""
FIRST, SECOND = "E2AC86907194BC7668190A9EAAE6226E940883BC", "4375BCB019D7BA82339670498D79E28FFA857D76"


def armoured(data):
    text = base64.encodebytes(data).decode()
    return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}-----END PGP PUBLIC KEY BLOCK-----\n"


def packets(text):
    return base64.b64decode("".join(line for line in text.splitlines()[2:-1] if not line.startswith("=")))


def test_a_key_has_the_fingerprint_that_gpg_tells():
    assert fingerprints(ONE) == [FIRST], "a subkey is no key of its own"


def test_a_second_key_is_seen():
    assert fingerprints(TWO) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("\n\n", "\nVersion: 1\nComment: x y\n\n", 1)],
)
def test_how_it_is_armoured_does_not_count(change):
    assert fingerprints(change(ONE)) == [FIRST]


def test_the_new_format_is_read_too():
    body = packets(ONE)[2 : 2 + 0x33]
    assert packets(ONE)[:2] == b"\x98\x33"
    assert fingerprints(armoured(b"\xc6\x33" + body)) == [FIRST]
    assert fingerprints(armoured(b"\xc6\xff\x00\x00\x00\x33" + body)) == [FIRST]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not exactly one"),
        ("<html>moved</html>", "not exactly one"),
        (ONE + ONE, "not exactly one"),
        ("leading\n" + ONE, "not exactly one"),
        (ONE + "trailing\n", "not exactly one"),
        (ONE.replace("PUBLIC", "PRIVATE"), "not exactly one"),
        (armoured(packets(ONE)[:-1]), "cut"),
        (armoured(packets(ONE)[2:]), "damaged"),
        (armoured(b"\x9b" + packets(ONE)[2:]), "has no length"),
        (armoured(b"\xc6\xe1" + packets(ONE)[2:]), "in parts"),
        (armoured(b"\x98\x01\x03"), "version 3, expected 4"),
        (armoured(packets(ONE) + b"\xc5\x01\x04"), "kind 5"),
        (armoured(b"\xb4\x01a" + packets(ONE)), "kind 13"),
    ],
)
def test_whatever_else_is_there_is_refused(text, told):
    with pytest.raises(ValueError, match=told):
        fingerprints(text)
