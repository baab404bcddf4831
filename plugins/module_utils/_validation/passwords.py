# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords that everybody would try first. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

COMMON = (
    *(
        "postgres",
        "password",
        "admin",
        "administrator",
        "root",
        "secret",
        "changeme",
        "change-me",
        "replace-me",
        "default",
    ),
    *("123456", "12345678", "123456789", "1234", "qwerty", "senha", "mudar123", "laravel", "pgadmin", "redis", "test"),
)
SHORTEST = 12
# What of a file of variables is a secret.
_ENDINGS = ("PASSWORD", "SECRET", "TOKEN")


def candidates(role: str) -> tuple[str, ...]:
    return (role, f"{role}123", *COMMON)


def weak_roles(verifiers: Mapping[str, str | None]) -> list[str]:
    """Roles whose password is one of those, by what C(pg_authid) stores of each."""
    return sorted(
        role
        for role, stored in verifiers.items()
        if stored and any(fits(role, stored, one) for one in candidates(role))
    )


def fits(role: str, stored: str, password: str) -> bool:
    """Whether a password is the one of which a server stores this: SCRAM, MD5 or, in old ones, the text itself."""
    if stored.startswith("SCRAM-SHA-256$"):
        try:
            iterations, rest = stored[len("SCRAM-SHA-256$") :].split(":", 1)
            salt, keys = rest.split("$", 1)
            wanted = base64.b64decode(keys.split(":", 1)[0])
            salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
        except ValueError:
            return False
        return hashlib.sha256(hmac.new(salted, b"Client Key", hashlib.sha256).digest()).digest() == wanted
    if stored.startswith("md5"):
        return hashlib.new("md5", f"{password}{role}".encode(), usedforsecurity=False).hexdigest() == stored[3:]
    return stored == password


def weak_variables(lines: Iterable[str]) -> list[str]:
    """Names in a file of variables whose value is short, empty or one of those."""
    weak = []
    for line in lines:
        name, is_one, value = line.strip().partition("=")
        if not is_one or name.startswith("#") or not name.endswith(_ENDINGS):
            continue
        text = value.strip().strip("'\"")
        if len(text) < SHORTEST or text.lower() in COMMON:
            weak.append(name)
    return sorted(weak)
