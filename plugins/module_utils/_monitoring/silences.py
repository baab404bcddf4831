# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which silences of an Alertmanager are made, renewed and ended, so that those of one author are the wanted ones. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, TypedDict

# As the API has them: each with id, matchers, createdBy, endsAt and status.state.
Silence = Mapping[str, Any]


class Matcher(TypedDict):
    """``regex``: whether the value is a regular expression, which has to match the whole label."""

    name: str
    value: str
    regex: bool


class Plan(TypedDict):
    """``post``: bodies for the API; one with an id renews a silence. ``delete``: the silences that end."""

    post: list[dict[str, Any]]
    delete: list[str]


def plan(
    wanted: Sequence[Sequence[Matcher]],
    present: Sequence[Silence],
    author: str,
    comment: str,
    now: datetime,
    seconds: int,
) -> Plan:
    """What is to be asked of the API.

    :arg wanted: the matchers of each silence; all of them have to match an alert.
    :arg author: whoever else made a silence keeps it.
    """
    ours = [each for each in present if _is_own(each, author)]
    own = {_key(each["matchers"]): each["id"] for each in ours}
    keep = {_key(_matchers(each)): each for each in wanted}
    post = []
    for key, each in keep.items():
        body: dict[str, Any] = {
            "matchers": _matchers(each),
            "startsAt": _stamp(now),
            "endsAt": _stamp(now + timedelta(seconds=seconds)),
            "createdBy": author,
            "comment": comment,
        }
        if key in own:
            body["id"] = own[key]
        post.append(body)
    return {
        "post": post,
        "delete": [each["id"] for each in ours if _key(each["matchers"]) not in keep or each["id"] not in own.values()],
    }


def _is_own(silence: Silence, author: str) -> bool:
    return silence["createdBy"] == author and silence["status"]["state"] in ("active", "pending")


def _matchers(wanted: Sequence[Matcher]) -> list[dict[str, Any]]:
    return [
        {"name": each["name"], "value": each["value"], "isRegex": each["regex"], "isEqual": True} for each in wanted
    ]


def _key(matchers: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, str, bool, bool]]:
    # isEqual is younger than the API.
    return frozenset((each["name"], each["value"], each["isRegex"], each.get("isEqual", True)) for each in matchers)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
