# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker host as strangers see it: requests from another machine that trusts the lab's public authority only."""

from __future__ import annotations

import json
import shlex
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from support.helpers.lab import ADDRESSES, over_ssh, wait_for

ADDRESS = ADDRESSES["app01"]
TOOLS = "curl nmap python3-websocket"
ROOTS = "/tmp/acme-roots.pem"
SERVICES = ("app", "reverb", "queue", "scheduler", "redis", "pgadmin")
CONTAINERS = {
    "plannerate-traefik",
    *(f"plannerate-{name}-{suffix}" for name in SERVICES for suffix in ("prod", "staging")),
}
# Listens as Pusher's clients do, and lets the application say something.
WEBSOCKET = """
import json, ssl, sys, urllib.request, websocket
domain, key, roots, text = sys.argv[1:]
connection = websocket.create_connection(f"wss://{domain}/app/{key}", timeout=20, sslopt={"ca_certs": roots})
def heard(event):
    message = json.loads(connection.recv())
    assert message["event"] == event, message
    return json.loads(message["data"])
heard("pusher:connection_established")
connection.send(json.dumps({"event": "pusher:subscribe", "data": {"channel": "news"}}))
heard("pusher_internal:subscription_succeeded")
trust = ssl.create_default_context(cafile=roots)
urllib.request.urlopen(f"https://{domain}/events", b"text=" + text.encode(), context=trust)
print(heard("said")["text"])
"""


@dataclass
class Answer:
    """What a server said to one request; the names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Visitor:
    """A machine outside of the installation, with the tools that a visitor or an attacker has."""

    def __init__(self) -> None:
        self.machine = over_ssh(ADDRESSES["outsider"])
        if self.machine.run("command -v curl nmap && python3 -c 'import websocket'").rc:
            self.machine.check_output(f"apt-get -q update && apt-get -qy install --no-install-recommends {TOOLS}")
        roots = acme_roots()
        self.machine.check_output(f"printf %s {shlex.quote(roots)} >{ROOTS}")

    def ask(self, url: str, *options: str) -> Answer:
        """The answer to one request, whose certificate and host name are checked."""
        command = ["curl", "--silent", "--show-error", "--include", "--max-time", "20", "--http1.1", "--cacert", ROOTS]
        output = self.machine.check_output(shlex.join([*command, *options, url]))
        head, _blank, body = output.replace("\r\n", "\n").partition("\n\n")
        status, *lines = head.splitlines()
        headers = {
            name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)
        }
        return Answer(int(status.split()[1]), headers, body)

    def event(self, domain: str, key: str, text: str) -> str:
        """What comes through a websocket of an application that is asked to tell all of them a text."""
        return self.machine.check_output(shlex.join(["python3", "-c", WEBSOCKET, domain, key, ROOTS, text]))

    def certificate(self, host: str) -> str:
        """Subject alternative names and issuer of the certificate that is shown for a host, once it was verified."""
        return self.machine.check_output(
            f"openssl s_client -connect {ADDRESS}:443 -servername {host} -verify_hostname {host} -verify_return_error "
            f"-CAfile {ROOTS} </dev/null 2>/dev/null | openssl x509 -noout -issuer -ext subjectAltName"
        )

    def open_ports(self, address: str, ports: str = "-") -> set[int]:
        """The TCP ports of a machine that accept a connection; all are tried."""
        scan = self.machine.check_output(
            f"nmap -n -Pn -p{ports} -T5 --min-rate 15000 --max-retries 1 --open -oG - {address}"
        )
        # A machine without an open port is not listed, but counted.
        assert "1 IP address (1 host up)" in scan, scan
        fields = [
            field for line in scan.splitlines() if "Ports: " in line for field in line.split("Ports: ")[1].split(", ")
        ]
        return {int(field.split("/")[0]) for field in fields if "/open/" in field}


@contextmanager
def visits(visitor: Visitor, url: str) -> Iterator[list[str]]:
    """Requests one after the other for as long as the block lasts; afterwards the list has the status of each that failed."""
    log = f"/tmp/visits-{uuid.uuid4().hex}"
    ask = f"curl --silent --output /dev/null --max-time 20 --cacert {ROOTS} --write-out '%{{http_code}}\\n' {shlex.quote(url)}"
    loop = f"while [ ! -e {log}.stop ]; do {ask} >>{log}; sleep 0.05; done; touch {log}.ended"
    visitor.machine.check_output(f"setsid sh -c {shlex.quote(loop)} </dev/null >/dev/null 2>&1 &")
    failures: list[str] = []
    try:
        yield failures
    finally:
        visitor.machine.check_output(f"touch {log}.stop")
        wait_for(lambda: visitor.machine.file(f"{log}.ended").exists, what="the end of the requests")
        statuses = visitor.machine.check_output(f"cat {log}; rm {log} {log}.stop {log}.ended").split()
        assert statuses, "no request was made"
        failures += [status for status in statuses if status != "200"]


def acme_roots() -> str:
    """The certificates of the roots that the lab's ACME server has signed under."""
    command = ["docker", "exec", "plannerate-lab-internet", "cat", "/var/lib/pebble/roots.pem"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


class Stacks:
    """The containers of the Docker host, as its engine tells them."""

    def __init__(self) -> None:
        self.machine = over_ssh(ADDRESS)

    def containers(self) -> dict[str, tuple[str, str, str]]:
        """Name to (id, time of start, state) of those that the roles made."""
        inspect = "docker ps --all --quiet | xargs --no-run-if-empty docker inspect"
        found = json.loads(self.machine.run(inspect).stdout or "[]")
        return {
            entry["Name"].lstrip("/"): (
                entry["Id"],
                entry["State"]["StartedAt"],
                entry["State"].get("Health", {}).get("Status", entry["State"]["Status"]),
            )
            for entry in found
            if entry["Name"].lstrip("/") in CONTAINERS
        }

    def unhealthy(self) -> set[str]:
        """Containers that are not there or not healthy."""
        found = self.containers()
        return {name for name in CONTAINERS if found.get(name, ("", "", "missing"))[2] != "healthy"}

    def wait_until_healthy(self, timeout: float = 180) -> None:
        wait_for(lambda: not self.unhealthy(), timeout=timeout, what=f"that all of {sorted(CONTAINERS)} are healthy")
