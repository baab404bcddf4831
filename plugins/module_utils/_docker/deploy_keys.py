# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which deployment keys cannot be: each becomes the rest of a line that begins with what it may do. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# One line, without options: kind, key, and a comment. DSA is refused by sshd itself.
_KEY = re.compile(
    r"(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)"
    r" [A-Za-z0-9+/]{40,}={0,3}(?: [ -~]*)?"
)
# [man] useradd(8): usernames may only be up to 32 characters long.
_LONGEST = 32
# Of docker_deploy's request. A key shows no lines of containers, skips no migration, and goes to no release that does not know them all.
NUMBERS = (
    "migrate_seconds", "lock_seconds", "health_seconds", "health_times", "watch_seconds", "watch_requests", "drain_seconds",
    "websocket_seconds", "images",
)  # fmt: skip
PAGES = "pages"


def problems(keys: Sequence[Any], user: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Why these keys cannot be those of this user, with these options of what they deploy."""
    for name, value in options.items():
        if name in NUMBERS:
            fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        else:
            fits = name == PAGES and isinstance(value, list) and bool(value)
        if not fits:
            yield (
                f"docker_host_deploy_key_options has {name}: {value!r}, expected a number for one of {', '.join(NUMBERS)}, or a list for "
                f"{PAGES}"
            )
    for number, key in enumerate(keys):
        if not isinstance(key, str) or not _KEY.fullmatch(key.rstrip("\n")) or not _is_whole(*key.split()[:2]):
            yield (
                f"docker_host_deploy_keys[{number}] is {str(key)[:60]!r}, expected a public SSH key in one line without options, as in "
                "id_ed25519.pub"
            )
    if keys and len(user) > _LONGEST:
        yield (
            f"the user of docker_host_deploy_keys is {user}, expected at most {_LONGEST} characters. Give the environment a shorter name, "
            "or take the keys out"
        )


def _is_whole(kind: str, encoded: str) -> bool:
    """Whether a key has all of its parts, each after its length, the first of which is its kind [RFC 4253, 6.6]."""
    try:
        rest = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    parts = []
    while len(rest) >= 4:
        end = 4 + int.from_bytes(rest[:4], "big")
        parts.append(rest[4:end])
        if end > len(rest):
            return False
        rest = rest[end:]
    return not rest and len(parts) > 1 and parts[0] == kind.encode()
