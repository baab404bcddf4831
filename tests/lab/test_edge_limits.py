# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One client who tries password after password is refused, and nobody else notices."""

from __future__ import annotations

import shlex
from collections import Counter

from support.helpers.edge import ADDRESS, ROOTS

# What docker_host_logins_burst and docker_host_logins_per_minute allow: so many at once, and one more every 3 s.
BURST, SECONDS = 20, 3
REFUSED = "429"
# From a machine without the tools of a visitor, and without the lab's public authority.
POST = f"""
import http.client, socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
connection = http.client.HTTPConnection("app.test", timeout=20)
connection.sock = context.wrap_socket(socket.create_connection(("{ADDRESS}", 443), timeout=20), server_hostname="app.test")
connection.request("POST", "/login", "", {{"Host": "app.test"}})
print(connection.getresponse().status)
"""


# As Laravel takes them, too; by each a few times in a row, of which one may be the next that is allowed.
OTHERS = ("https://app.test/login/", "https://tenant1.app.test/password/email", "https://app.test/index.php/login")
TOLD = "%{http_code}|%{time_total}|%header{retry-after}|%header{strict-transport-security}\\n"


def test_a_flood_of_logins_is_refused_while_others_are_served(visitor, db01):
    # One after the other. The header does not make somebody else of them.
    flood = ["curl", "--silent", "--http1.1", "--max-time", "20", "--cacert", ROOTS, "--write-out", TOLD]
    flood += ["--data", "email=a@app.test", "--header", "X-Forwarded-For: 203.0.113.7"]
    for url in ("https://app.test/login?[1-60]", *(f"{url}?[1-3]" for url in OTHERS)):
        flood += ["--output", "/dev/null", url]
    told = [line.split("|") for line in visitor.machine.check_output(shlex.join(flood)).splitlines()]
    assert len(told) == 60 + 3 * len(OTHERS)
    refused = [line for line in told if line[0] == REFUSED]
    seconds = sum(float(line[1]) for line in told)
    assert BURST <= len(told) - len(refused) <= BURST + 1 + seconds / SECONDS, (
        Counter(line[0] for line in told),
        seconds,
    )
    assert all(1 <= int(line[2]) <= SECONDS and line[3].startswith("max-age=") for line in refused), refused
    for number, url in enumerate(OTHERS):
        first = 60 + 3 * number
        assert [line[0] for line in told[first : first + 3]].count(REFUSED) >= 2, url

    # It is this client, and its logins here.
    assert visitor.ask("https://app.test/page").status == 200
    assert str(visitor.ask("https://dev.test/login", "--request", "POST", "--data", "").status) != REFUSED
    # Of a bucket for all, one of three in a row might be the next that is allowed.
    assert REFUSED not in [db01.check_output(f"python3 -c {shlex.quote(POST)}") for _time in range(3)]
