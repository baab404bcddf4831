# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCRAM secrets, as PostgreSQL and PgBouncer store them. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import stringprep
import unicodedata

_SECRET_ITERATIONS = 4096


def scram_secret(password: str, user: str) -> str:
    """The SCRAM secret of a password, as PostgreSQL and PgBouncer store it.

    The salt comes from the password and the user, so that the same password gives the same file. Only for passwords that are
    random themselves: whoever has the secret could otherwise guess them as if there were no salt.
    """
    key = _prepared(password).encode()
    salt = hmac.new(key, b"salt of " + user.encode(), hashlib.sha256).digest()[:16]
    salted = hashlib.pbkdf2_hmac("sha256", key, salt, _SECRET_ITERATIONS)
    stored = hashlib.sha256(hmac.new(salted, b"Client Key", hashlib.sha256).digest()).digest()
    server = hmac.new(salted, b"Server Key", hashlib.sha256).digest()
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_SECRET_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


def _prepared(password: str) -> str:
    """As libpq hands it over (SASLprep): the same letters in one form, however they were typed."""
    mapped = "".join(
        " " if stringprep.in_table_c12(letter) else letter for letter in password if not stringprep.in_table_b1(letter)
    )
    return unicodedata.normalize("NFKC", mapped)
