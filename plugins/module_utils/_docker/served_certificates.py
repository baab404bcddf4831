# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Traefik serves a certificate for a name, or the one that it makes for itself while it has none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

# Prints the names without a certificate. Runs in the container's network.
ASK = """
import json, socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
missing = []
for name in sys.argv[2:]:
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=name) as connection:
                if b"TRAEFIK DEFAULT CERT" in connection.getpeercert(True):
                    missing.append(name)
    except OSError:
        missing.append(name)
print(json.dumps(missing))
"""


def new_names(names: Iterable[str], before: str | None) -> list[str]:
    """Those that the file of before does not route: their certificates are asked for now."""
    return [name for name in names if f"`{name}`" not in (before or "")]


def wait(
    ask: Callable[[Sequence[str]], list[str]], names: Sequence[str], awaited: Sequence[str], seconds: float
) -> list[str]:
    """The names that have no certificate in the end.

    :arg awaited: those that are waited for; the others are asked for once.
    """
    deadline = time.monotonic() + seconds
    missing = ask(names) if names else []
    while set(missing) & set(awaited) and time.monotonic() < deadline:
        time.sleep(1)
        missing = ask(missing)
    return missing
