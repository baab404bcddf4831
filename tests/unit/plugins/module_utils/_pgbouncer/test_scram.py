# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SCRAM secret verifies its password, and is the same every time."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.scram import scram_secret


def digest(key, message):
    return hmac.new(key, message, sha256).digest()


def exclusive_or(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def keys(password, salt, iterations):
    """(StoredKey, ServerKey), step by step as RFC 5802 defines them."""
    salted = block = digest(password, salt + b"\0\0\0\1")
    for _round in range(iterations - 1):
        block = digest(password, block)
        salted = exclusive_or(salted, block)
    return sha256(digest(salted, b"Client Key")).digest(), digest(salted, b"Server Key")


def parsed(secret):
    """(iterations, salt, StoredKey, ServerKey) of PostgreSQL's form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey."""
    method, parameters, both = secret.split("$")
    assert method == "SCRAM-SHA-256"
    iterations, salt = parameters.split(":")
    return (int(iterations), *(base64.b64decode(part, validate=True) for part in (salt, *both.split(":"))))


def test_the_keys_of_this_test_are_those_of_the_standard():
    """The exchange that RFC 7677 prints, with the password pencil."""
    first = b"n=user,r=rOprNGfwEbeRWgbNEkqO"
    nonce = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    message = b",".join([first, nonce + b",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", b"c=biws," + nonce])
    proof = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = base64.b64decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    stored, server = keys(b"pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    assert sha256(exclusive_or(proof, digest(stored, message))).digest() == stored
    assert digest(server, message) == signature


def test_it_verifies_the_client_and_the_server_as_the_standard_asks():
    iterations, salt, stored, server = parsed(scram_secret("correct horse", "stats"))
    # PostgreSQL's own number; the RFC asks for no fewer.
    assert iterations == 4096
    assert len(salt) == 16
    assert (stored, server) == keys(b"correct horse", salt, iterations)
    assert stored != keys(b"correct hors", salt, iterations)[0]


def test_an_umlaut_is_one_letter_however_it_was_typed():
    """A client's libpq sends the one form, an editor may have stored the other."""
    assert scram_secret("gr\u00fcn \u00bd", "stats") == scram_secret("gru\u0308n\u00a01\u20442", "stats")


def test_it_is_the_same_every_time_and_another_for_another_user():
    assert scram_secret("x" * 32, "a") == scram_secret("x" * 32, "a")
    assert scram_secret("x" * 32, "a") != scram_secret("x" * 32, "b")
