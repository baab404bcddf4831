# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine remembers of its environments' releases (playbooks/deploy.yml), for what it tells of itself."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RELEASES = Path("/var/lib/plannerate/releases")
WENT_BACK = re.compile(r"went back: ([^:]*)")

Sample = tuple[str, dict[str, str], float]


def serving(environment: str) -> dict[str, Any]:
    """The release that a deployment put into place; empty before the first one."""
    try:
        found = json.loads((RELEASES / environment / "state.json").read_text())["current"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def released(environment: str, names: list[str]) -> list[str]:
    """The names as the release that serves has them: those of the first one have no number."""
    current = serving(environment)
    number, own = current.get("name", ""), set(current.get("containers", {}).values())
    return [f"{name}-{number}" if f"{name}-{number}" in own else name for name in names]


def last(environment: str) -> dict[str, Any]:
    """The last deployment or rollback that began: one that was refused changed nothing. Empty where there was none."""
    with contextlib.suppress(FileNotFoundError):
        for line in reversed((RELEASES / environment / "history.jsonl").read_text().splitlines()):
            # A run may be killed in the middle of a line.
            with contextlib.suppress(ValueError):
                entry: dict[str, Any] = json.loads(line)
                if isinstance(entry, dict) and not str(entry.get("result")).startswith("refused"):
                    return entry
    return {}


def samples(environment: str) -> Iterator[Sample]:
    here = {"environment": environment}
    current, ended = serving(environment), last(environment)
    if current:
        digest = str(current["image"]).rpartition("@")[2]
        yield "release_info", {**here, "release": str(current["release"]), "digest": digest}, 1.0
    went_back = WENT_BACK.match(str(ended.get("result")))
    labels = dict(here)
    if ended:
        labels.update(kind=str(ended["kind"]), release=str(ended["release"]))
    if went_back:
        labels["gate"] = went_back[1]
    # Without a deployment, none went back.
    yield "deployment_last_rolled_back", labels, float(bool(went_back))
    if ended:
        yield "deployment_last_timestamp_seconds", here, float(ended["ended"])
        yield "deployment_last_duration_seconds", here, float(ended["ended"] - ended["began"])
