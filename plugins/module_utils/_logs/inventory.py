# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the inventory's logs cannot work. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict


class Wanted(TypedDict):
    """Variables of the role P(plannerate.infra.logs#role), without their prefix."""

    image: str
    retention_days: int
    max_disk_gib: int
    first_upload_hours: int
    # Names of the machines of the group log_servers.
    servers: Sequence[str]


def problems(wanted: Wanted) -> list[str]:
    """Every reason, each as one sentence with what was found and what to do; without servers there is none."""
    if not wanted["servers"]:
        return []
    found = []
    if not re.fullmatch(r"[^\s:@]+(:\d+/[^\s:@]+)?(:[\w.-]+|(:[\w.-]+)?@sha256:[0-9a-f]{64})", wanted["image"]):
        found.append(
            f"logs_image is '{wanted['image']}', expected a name with a tag or a digest, such as victoriametrics/victoria-logs:v1.52.1"
        )
    numbers = {
        "logs_retention_days": wanted["retention_days"],
        # VictoriaLogs takes 0 for no limit.
        "logs_max_disk_gib": wanted["max_disk_gib"],
        "logs_first_upload_hours": wanted["first_upload_hours"],
    }
    found += [f"{option} is {number}, expected 1 or more" for option, number in numbers.items() if number < 1]
    return found
