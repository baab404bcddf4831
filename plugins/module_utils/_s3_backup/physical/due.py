# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By when something is expected of the jobs: whatever their schedules are, monitoring needs to know the moment only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..machine.calendar import next_expected

BACKUPS = ("full", "diff")
DRILL = ("drill",)
_NAME = "next_expected_timestamp_seconds"


def due(found: Mapping[str, Any], jobs=BACKUPS, ask=next_expected) -> dict[str, float]:
    """The figure of whichever of the jobs is started first; none where nobody knows."""
    moments = [moment for moment in (ask(found["schedules"], job) for job in jobs) if moment]
    return {_NAME: min(moments)} if moments else {}


def first_due(found: Mapping[str, Any], state: Mapping[str, Any], jobs=BACKUPS, ask=next_expected):
    """As :func:`due`, where nothing is expected yet, since nobody else says that a first one never came, or by other schedules.

    :arg state: what is remembered, with the schedules by which the figure was reckoned.
    """
    if _NAME in state.get("figures", {}) and state.get("schedules") in (None, by(found, jobs)):
        return {}
    return due(found, jobs, ask)


def by(found: Mapping[str, Any], jobs=BACKUPS) -> dict[str, Any]:
    """What a figure follows from: once it is another, the figure is wrong."""
    return {name: found["schedules"].get(name) for name in (*jobs, "random_delay")}
