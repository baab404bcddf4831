# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gatus' configuration: what of each environment is watched, and what is announced. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._status_page.words import WORDS, Words

# A certificate that ends earlier was not renewed: Traefik does so a month before.
CERTIFICATE_HOURS = 168
# Nothing of where and how anything runs is told to visitors, not even in what went wrong.
_HIDDEN = {f"hide-{name}": True for name in ("conditions", "errors", "hostname", "port", "url")}
# What a browser asks for, and a message to which a server may answer. The first one that comes is the server's own.
_HANDSHAKE = "?protocol=7&client=js&version=8.4.0&flash=false"
_PING = '{"event":"pusher:ping","data":{}}'


class Wanted(TypedDict):
    """Variables of the role P(plannerate.infra.status_page#role), without their prefix, and what they go by."""

    language: str
    title: str
    description: str
    interval: int
    # Of docker_host_environments.
    domains: Mapping[str, Mapping[str, Any]]
    # What is shown of each of them that is shown.
    environments: Mapping[str, Mapping[str, Any]]
    announcements: Sequence[Mapping[str, Any]]
    maintenance: Sequence[Mapping[str, Any]]
    address: str
    port: int


def configuration(wanted: Wanted) -> dict[str, Any]:
    """The whole file. Environment variables are not replaced in it: each dollar sign is doubled."""
    words = WORDS[wanted["language"]]
    title = wanted["title"] or words.title
    return _literal(
        {
            "web": {"address": wanted["address"], "port": wanted["port"]},
            "storage": {"type": "sqlite", "path": "/data/history.db", "caching": True},
            # One that does not answer delays no other.
            "concurrency": 0,
            "ui": {
                "title": title,
                "header": title,
                "description": wanted["description"] or words.description,
                "dashboard-heading": words.heading,
                "dashboard-subheading": words.subheading.format(interval=wanted["interval"]),
                "dark-mode": False,
                "default-sort-by": "group",
            },
            "announcements": [*_announcements(wanted["announcements"]), *_maintenance(wanted["maintenance"], words)],
            "endpoints": endpoints(wanted),
        }
    )


def endpoints(wanted: Wanted) -> list[dict[str, Any]]:
    """What is watched, as a visitor would do it."""
    words = WORDS[wanted["language"]]
    return [
        {
            "group": shown.get("title") or name,
            "interval": f"{wanted['interval']}s",
            "client": {"timeout": "10s", "ignore-redirect": True},
            "ui": dict(_HIDDEN),
            **endpoint,
        }
        for name, shown in wanted["environments"].items()
        for endpoint in _of_environment(name, shown, wanted["domains"][name]["domain"], words)
    ]


def key(endpoint: Mapping[str, Any]) -> str:
    """That under which Gatus keeps an endpoint: two of them may not have the same."""
    parts = (str(endpoint[name]).strip().lower() for name in ("group", "name"))
    return "_".join("".join("-" if sign in "/_., #+&" else sign for sign in part) for part in parts)


def moment(given: object) -> datetime.datetime:
    """A moment with its offset from UTC. Raises ValueError where it has none, or is none."""
    found = datetime.datetime.fromisoformat(str(given))
    if found.tzinfo is None:
        raise ValueError(f"{given} has no offset from UTC")
    return found


def _of_environment(name: str, shown: Mapping[str, Any], domain: str, words: Words) -> Iterator[dict[str, Any]]:
    yield _answers(words.application, f"https://{domain}/up")
    if shown.get("tenant"):
        yield _answers(words.tenant, f"https://{shown['tenant']}.{domain}/up")
    # Unless told otherwise, an environment's name is what its browsers use.
    websocket_key = shown.get("websocket_key", name)
    if websocket_key:
        yield {
            "name": words.websockets,
            "url": f"wss://{domain}/app/{websocket_key}{_HANDSHAKE}",
            "headers": {"Origin": f"https://{domain}"},
            "body": _PING,
            "conditions": ["[CONNECTED] == true", "[BODY].event == pusher:connection_established"],
        }
    if shown.get("database_path"):
        yield _answers(words.database, f"https://{domain}{shown['database_path']}")
    yield {
        "name": words.certificate,
        "url": f"tls://{domain}:443",
        "conditions": ["[CONNECTED] == true", f"[CERTIFICATE_EXPIRATION] > {CERTIFICATE_HOURS}h"],
    }
    for check in shown.get("checks") or []:
        yield _answers(check["name"], check["url"], check.get("contains"))


def _answers(name: str, url: str, contains: str | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "url": url,
        "conditions": ["[STATUS] == 200", *([f"[BODY] == pat(*{contains}*)"] if contains else [])],
    }


def _announcements(given: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in given:
        yield _announcement(moment(each["at"]), each.get("type") or "none", each["text"], each.get("archived"))


def _maintenance(given: Sequence[Mapping[str, Any]], words: Words) -> Iterator[dict[str, Any]]:
    for each in given:
        begins, ends = moment(each["begins"]), moment(each["ends"])
        text = words.maintenance.format(begins=_shown(begins, words), ends=_shown(ends, words), text=each["text"])
        yield _announcement(begins, "information", text, each.get("archived"))


def _shown(at: datetime.datetime, words: Words) -> str:
    """As the inventory has it: in whose time it was written is in whose time it is read."""
    return f"{at:{words.moment}} ({at.tzname()})"


def _announcement(at: datetime.datetime, kind: str, text: str, archived: object) -> dict[str, Any]:
    return {
        "timestamp": at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "type": kind,
        "message": text,
        **({"archived": True} if archived else {}),
    }


def _literal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _literal(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_literal(each) for each in value]
    return value.replace("$", "$$") if isinstance(value, str) else value
