# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SCRAM secret verifies its password, and is the same every time."""

from __future__ import annotations

import base64
import hashlib
import hmac

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.scram import scram_secret


def test_it_verifies_the_password_and_no_other():
    secret = scram_secret("correct horse", "stats")
    iterations, salt = secret.split("$")[1].split(":")
    stored = base64.b64decode(secret.split("$")[2].split(":")[0])

    def matches(password):
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
        return hashlib.sha256(hmac.new(salted, b"Client Key", "sha256").digest()).digest() == stored

    assert matches("correct horse")
    assert not matches("correct hors")


def test_it_is_the_same_every_time_and_another_for_another_user():
    assert scram_secret("x" * 32, "a") == scram_secret("x" * 32, "a")
    assert scram_secret("x" * 32, "a") != scram_secret("x" * 32, "b")
