# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which colour a run is to put into place, and why it may not. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import GateFailed
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Colour, State, apps

RELEASE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64}")


class Target(TypedDict):
    """``apps``: the containers of a colour that is there; empty where it is made. ``image``: empty where it has to be pulled first."""

    name: str
    release: str
    image: str
    known: list[str] | None
    apps: list[str]


def new(state: State, release: str) -> Target:
    """What a deployment makes. :raises GateFailed: for what is no release."""
    if not RELEASE.fullmatch(release):
        raise GateFailed(
            "release",
            f"deploy_release is {release!r}, expected a tag of the image, or its digest (sha256:…). Write: -e deploy_release=1.4.2",
        )
    return {"name": f"r{state['number'] + 1}", "release": release, "image": "", "known": None, "apps": []}


def before(state: State, history: Sequence[Mapping[str, Any]], release: str, newer_schema: bool) -> Target:
    """Where a rollback goes: to the colour that is kept, or to a release of the history.

    :raises GateFailed: where there is none, or where the database knows more than it; and without a name where the last operation was not
        a deployment that stayed: a second rollback would bring back what the first one left.
    """
    kept = state["kept"]
    if kept and not release:
        _refuse_one_too_far(kept, history)
    if kept and release in ("", kept["release"], kept["image"].partition("@")[2]):
        found = _of_colour(kept)
    elif not release:
        raise GateFailed(
            "release",
            "no release is kept here, expected one that was deployed before. Name one: -e deploy_release=1.4.1",
        )
    else:
        found = _of_history(state, history, release)
    newer = [each for each in state["schema"] if found["known"] is not None and each not in found["known"]]
    if newer and not newer_schema:
        raise GateFailed(
            "schema",
            f"the database has {', '.join(newer)}, which {found['release']} does not know. Nothing rolls them back. If that release works "
            "with them, say so: -e rollback_newer_schema=true",
        )
    return found


def _refuse_one_too_far(kept: Colour, history: Sequence[Mapping[str, Any]]) -> None:
    # What was refused changed nothing, and a rollback that went back may be tried again.
    ended = [
        entry
        for entry in history
        if entry.get("result") == "done"
        or (entry.get("kind") == "deploy" and not str(entry.get("result")).startswith("refused"))
    ]
    if not ended or (ended[-1].get("kind"), ended[-1].get("result")) == ("deploy", "done"):
        return
    last = ended[-1]
    if last.get("result") == "done":
        what = f"the last operation here was a rollback to {last['release']}, which serves"
    else:
        what = f"the deployment of {last['release']} went back by itself, and {last.get('from')} serves as before"
    raise GateFailed(
        "release",
        f"{what}. There may be nothing to go back from. To go on to {kept['release']}, name it: -e deploy_release={kept['release']}",
    )


def _of_colour(colour: Colour) -> Target:
    names = [colour["containers"][service] for service in apps(colour)]
    return {
        "name": colour["name"], "release": colour["release"], "image": colour["image"], "known": colour["known"], "apps": names,
    }  # fmt: skip


def _of_history(state: State, history: Sequence[Mapping[str, Any]], release: str) -> Target:
    for entry in reversed(history):
        if (
            release in (entry.get("release"), str(entry.get("image")).partition("@")[2])
            and entry.get("result") == "done"
        ):
            return {**new(state, release), "image": entry["image"], "known": entry.get("known")}
    done = list(dict.fromkeys(str(entry["release"]) for entry in reversed(history) if entry.get("result") == "done"))
    raise GateFailed(
        "release", f"{release} was not deployed here, expected one of {', '.join(done[:10]) or 'none so far'}"
    )
