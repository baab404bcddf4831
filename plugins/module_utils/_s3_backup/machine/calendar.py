# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a schedule elapses next, as systemd reckons it: only it knows its expressions, and the machine's time zone."""

from __future__ import annotations

import os
import re
from datetime import datetime, timezone

from ..errors import BackupError
from .pipeline import Command, run

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")


def next_expected(schedules, job):
    """Seconds since the epoch by when a job is started again; None where nobody knows.

    :arg schedules: section of the configuration.
    """
    if not schedules.get(job):
        return None
    command = Command(
        "systemd-analyze", ["systemd-analyze", "calendar", schedules[job]], {"env": {**os.environ, "LC_ALL": "C"}}
    )
    try:
        said = _MOMENT.findall(run(command))
    except BackupError:
        return None
    if not said:
        return None
    # In another time zone the last one is the same moment in UTC.
    moment = datetime.strptime(said[-1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    return moment.timestamp() + schedules["random_delay"]
