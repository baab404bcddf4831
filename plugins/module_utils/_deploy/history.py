# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of an environment's releases as people read it. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import State
from ansible_collections.plannerate.infra.plugins.module_utils._text_table import text_table

_HEADING = ("BEGAN", "WHAT", "RELEASE", "DIGEST", "WHO", "SECONDS", "MIGRATIONS", "RESULT")
# How many are shown.
LINES = 20


def rows(history: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The newest first."""
    return [dict(entry) for entry in reversed(list(history)[-LINES:])]


def table(found: Sequence[Mapping[str, Any]], state: State) -> str:
    current, kept = state["current"], state["kept"]
    if current:
        serves = f"{current['release']} serves ({_digest(current['image'])})"
        serves += f", {kept['release']} is kept for a rollback" if kept else ""
    else:
        serves = "Nothing was deployed yet: docker_host_app_image runs, as converges made it."
    # What was refused or went back is told before the first release as well.
    return "\n".join([serves, *([text_table([_HEADING, *map(_line, found)])] if found else [])])


def _line(entry: Mapping[str, Any]) -> tuple[str, ...]:
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(entry["began"]))
    seconds = f"{entry['ended'] - entry['began']:.0f}"
    migrations = str(len(entry.get("migrations") or ()))
    result = str(entry["result"]).partition("\n")[0]
    return (began, entry["kind"], entry["release"], _digest(entry["image"]), entry["who"], seconds, migrations, result)


def _digest(image: str) -> str:
    return image.partition("@sha256:")[2][:12] or image


def phases(done: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each phase, with its time."""
    return [f"{row['seconds']:6.1f} s  {row['phase']}{': ' if row['said'] else ''}{row['said']}" for row in done]
