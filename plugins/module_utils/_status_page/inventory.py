# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the inventory's status page cannot work, and what should not stay so. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._status_page.page import Wanted, endpoints, key, moment
from ansible_collections.plannerate.infra.plugins.module_utils._status_page.words import WORDS

ANNOUNCED = ("outage", "warning", "information", "operational", "none")
# A check that takes its ten seconds ends before the next one begins.
SHORTEST = 10
_IMAGE = re.compile(r"[^\s:@]+(:\d+/[^\s:@]+)?(:[\w.-]+(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_KEY = re.compile(r"[\w.-]*")
_PATH = re.compile(r"(/[^\s#]*)?")
_URL = re.compile(r"https?://[^\s#]+")
# Gatus would read the rest as a part of its condition.
_CONTAINED = re.compile(r"[^\s*()=<>|][^*()=<>|\n]*")


class Inventory(Wanted):
    """Beside what is on the page."""

    images: Mapping[str, str]
    # The machine's own name, where it is in the group status.
    servers: Sequence[str]
    domain: str
    # Of environments and of other parts.
    taken: Sequence[str]
    acme_email: str
    # Whether the machine is one of docker_hosts, whose Traefik has its ports.
    behind_traefik: bool
    # Names of the machines by which the environments run.
    watched: Sequence[str]


def problems(wanted: Inventory) -> list[str]:
    """Every reason, each as one sentence with what was found and what to do; without servers there is none."""
    if not wanted["servers"]:
        return []
    found = [*_place_problems(wanted), *_environment_problems(wanted), *_text_problems(wanted)]
    # Names are compared where there are any.
    return found or list(_name_problems(wanted))


def warnings(wanted: Inventory) -> list[str]:
    """What works as long as nothing happens."""
    return [
        f"the group status has {name}, which the status page also watches: when that machine is gone, so is the page that should say so. "
        "Take a machine of its own, at another provider or in another place"
        for name in wanted["servers"]
        if name in wanted["watched"]
    ]


def _place_problems(wanted: Inventory) -> Iterator[str]:
    for option, image in wanted["images"].items():
        if not _IMAGE.fullmatch(image):
            yield f"{option} is '{image}', expected a name with a tag or a digest"
    domain = wanted["domain"]
    if not _DOMAIN.fullmatch(domain):
        yield f"status_page_domain is '{domain}', expected the page's name, such as status.example.com"
    elif domain in wanted["taken"]:
        yield f"status_page_domain is '{domain}', which something else has already, expected a name of its own, such as status.{domain}"
    if wanted["behind_traefik"] and ":" in wanted["address"]:
        yield (
            f"status_page_domain is '{domain}', but Traefik's network has no IPv6, and the machine's address is {wanted['address']}, "
            "expected one of IPv4: write it as machine_address"
        )
    if not wanted["behind_traefik"] and "@" not in wanted["acme_email"]:
        yield f"status_page_acme_email is '{wanted['acme_email']}', expected an e-mail address, for the page's certificate"
    if wanted["language"] not in WORDS:
        yield f"status_page_language is '{wanted['language']}', expected {' or '.join(sorted(WORDS))}"
    if wanted["interval"] < SHORTEST:
        yield f"status_page_interval is {wanted['interval']}, expected {SHORTEST} or more"


def _environment_problems(wanted: Inventory) -> Iterator[str]:
    if not wanted["environments"]:
        yield "status_page_environments is empty, expected an environment of docker_host_environments: there is nothing to show"
    for name, shown in wanted["environments"].items():
        where = f"status_page_environments: {name}"
        entry = wanted["domains"].get(name)
        if not isinstance(entry, dict) or not entry.get("domain"):
            yield (
                f"{where} is not known, expected a name with a domain in docker_host_environments "
                f"({', '.join(wanted['domains']) or 'which is empty'})"
            )
            continue
        yield from _shown_problems(where, shown, entry.get("wildcard", True))


def _shown_problems(where: str, shown: Any, wildcard: object) -> Iterator[str]:
    known = ("title", "tenant", "websocket_key", "database_path", "checks")
    if not isinstance(shown, dict) or set(shown) - {*known}:
        yield f"{where} is {shown!r}, expected {{}}, or some of {', '.join(known)}"
        return
    expected = {
        "tenant": (_LABEL, "the first label of a tenant's name, such as demo"),
        "websocket_key": (_KEY, "REVERB_APP_KEY, or nothing where there are no websockets"),
        "database_path": (_PATH, "a path, such as /health/database, or nothing"),
    }
    for option, (pattern, text) in expected.items():
        if shown.get(option) and not pattern.fullmatch(str(shown[option])):
            yield f"{where}: {option} is '{shown[option]}', expected {text}"
    if shown.get("tenant") and not wildcard:
        yield f"{where}: tenant is '{shown['tenant']}', and the environment has wildcard: false, expected no tenant"
    for check in shown.get("checks") or []:
        if not isinstance(check, dict) or set(check) - {"name", "url", "contains"} or not check.get("name"):
            yield f"{where}: checks has {check!r}, expected name, url, and optionally contains"
        elif not _URL.fullmatch(str(check.get("url"))):
            yield f"{where}: checks: {check['name']}: url is '{check.get('url')}', expected one that begins with https://"
        elif check.get("contains") and not _CONTAINED.fullmatch(str(check["contains"])):
            yield (
                f"{where}: checks: {check['name']}: contains is '{check['contains']}', expected a text of the answer without line ends and "
                "the signs * ( ) = < > |"
            )


def _text_problems(wanted: Inventory) -> Iterator[str]:
    for each in wanted["announcements"]:
        yield from _moment_problems("status_page_announcements", each, "at")
        if (each.get("type") or "none") not in ANNOUNCED:
            yield f"status_page_announcements: type is '{each['type']}', expected one of {', '.join(ANNOUNCED)}"
    for each in wanted["maintenance"]:
        wrong = [
            text for name in ("begins", "ends") for text in _moment_problems("status_page_maintenance", each, name)
        ]
        yield from wrong
        if not wrong and moment(each["begins"]) >= moment(each["ends"]):
            yield f"status_page_maintenance: ends is {each['ends']}, expected a moment after {each['begins']}"


def _moment_problems(option: str, each: Mapping[str, Any], name: str) -> Iterator[str]:
    if not str(each.get("text") or "").strip():
        yield f"{option} has {dict(each)!r}, expected a text"
    try:
        moment(each.get(name))
    except ValueError:
        yield f"{option}: {name} is '{each.get(name)}', expected a moment with its offset, such as \"2026-12-01T22:00:00-03:00\""


def _name_problems(wanted: Inventory) -> Iterator[str]:
    for name, count in Counter(map(key, endpoints(wanted))).items():
        if count > 1:
            yield f"status_page_environments has {count} lines that would be called {name}, expected each title, and name of checks, once"
