"""Check from outside that the environment of an inventory answers as it should; the exit code is 0 or 1.

SMOKE_CA_FILE: trust this certificate authority instead of the system's. SMOKE_RESOLVE: connect to this address for every name.
SMOKE_SECONDS: how long to retry until every check passes (60).
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from access import SSH, AccessRefused, access, ask

SERVED = "docker_host_environments[docker_host_environment | default('production')]"
YEAR = 365 * 24 * 60 * 60


@dataclass
class Answer:
    status: int
    headers: dict[str, str]


@dataclass
class Check:
    """A request, what is expected of its answer, and the test for that."""

    url: str
    expected: str
    passes: Callable[[Answer], bool]


def checks(domain: str, wildcard: bool = True) -> list[Check]:
    """What a visitor notices, on the domain and, where the certificate is a wildcard, on a subdomain."""
    answers = [
        Check(
            f"https://{name}/up",
            "200 over a certificate that is valid for this name",
            lambda answer: answer.status == 200,
        )
        for name in [domain, f"smoke.{domain}"][: 2 if wildcard else 1]
    ]
    secure = f"https://{domain}/up"
    return [
        *answers,
        Check(secure, "Strict-Transport-Security for a year, X-Content-Type-Options: nosniff", is_guarded),
        Check(
            f"http://{domain}/up",
            f"a permanent redirect to {secure}",
            lambda answer: answer.status in (301, 308) and answer.headers.get("location") == secure,
        ),
    ]


def is_guarded(answer: Answer) -> bool:
    transport = [part.strip() for part in answer.headers.get("strict-transport-security", "").split(";")]
    seconds = [int(part[8:]) for part in transport if part.startswith("max-age=") and part[8:].isdigit()]
    return seconds >= [YEAR] and answer.headers.get("x-content-type-options") == "nosniff"


def get(url: str, context: ssl.SSLContext, resolve: str | None) -> Answer:
    """The answer to one request; the certificate is verified for the name of the URL."""
    parts = urlsplit(url)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
    connection = kind(host, timeout=10)
    connection.sock = socket.create_connection((resolve or host, 443 if is_secure else 80), timeout=10)
    try:
        if is_secure:
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        connection.request("GET", parts.path, headers={"User-Agent": "smoke"})
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()})
    finally:
        connection.close()


def problem(check: Check, context: ssl.SSLContext, resolve: str | None) -> str | None:
    try:
        answer = get(check.url, context, resolve)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    if check.passes(answer):
        return None
    seen = {name: answer.headers[name] for name in ("location", "strict-transport-security") if name in answer.headers}
    return f"{answer.status} {seen or ''}".strip()


def served(inventory: str) -> list[dict]:
    """The domain of the inventory's environment on each Docker host, and whether its subdomains are served too."""
    wanted = f"msg={{{{ {{'domain': {SERVED}.domain, 'wildcard': {SERVED}.wildcard | default(true)}} }}}}"
    secrets = {name: value for name, value in os.environ.items() if name not in SSH}
    with access(secrets) as env:
        answers = ask(inventory, env, "docker_hosts", "ansible.builtin.debug", wanted).values()
    found = [answer["msg"] for answer in answers]
    if not found or not all(isinstance(entry, dict) for entry in found):
        raise AccessRefused(
            f"Found no domain in {inventory}. Expected docker_hosts with docker_host_environments. Ansible answered: {found}"
        )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/smoke.py", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("-i", "--inventory", required=True)
    options = parser.parse_args()
    try:
        todo = [check for entry in served(options.inventory) for check in checks(**entry)]
    except AccessRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    resolve = os.environ.get("SMOKE_RESOLVE") or None
    context = ssl.create_default_context(cafile=os.environ.get("SMOKE_CA_FILE") or None)
    deadline = time.monotonic() + float(os.environ.get("SMOKE_SECONDS") or 60)
    found: dict[int, str | None] = {}
    while True:
        for number, check in enumerate(todo):
            if found.get(number, "not asked"):
                found[number] = problem(check, context, resolve)
        if not any(found.values()) or time.monotonic() > deadline:
            break
        time.sleep(1)
    for check, what in zip(todo, found.values()):
        print(f"{'FAIL' if what else 'ok  '} {check.url}: {check.expected}{f'; found {what}' if what else ''}")
    failed = sum(1 for what in found.values() if what)
    print(f"smoke of {options.inventory}: {len(todo) - failed} of {len(todo)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
