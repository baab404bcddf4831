# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What monitoring is told of archiving and of the backups. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cluster import Archiving

_MEANINGS = {
    "archived_timestamp_seconds": "When a segment was last archived.",
    "failed_timestamp_seconds": "When archiving last failed.",
    "failures": "How often archiving failed.",
    "waiting_segments": "WAL files that are not archived yet.",
    "behind_seconds": "For how long the oldest of them has waited.",
    "at_risk_seconds": "For how long, at most, something that was committed has not been in the archive.",
    "full_seconds": "In how many seconds the disk is full at the present rate, while archiving is behind.",
    "backup_timestamp_seconds": "When the newest backup ended.",
    "backup_duration_seconds": "How long it took.",
    "backup_stored_bytes": "What it added to the bucket.",
    "next_expected_timestamp_seconds": "By when the schedules start the next backup, with their random delay.",
    "job_success": "Whether the last attempt succeeded.",
    "window_begin_timestamp_seconds": "The first moment that can be restored.",
    "gaps": "Places where WAL is missing between two segments that are archived.",
}
# Of the drill, with other names for what both have.
DRILL = {
    "timestamp_seconds": "When a drill last succeeded.",
    "job_success": "Whether the last attempt succeeded.",
    "next_expected_timestamp_seconds": "By when the schedule starts the next one, with its random delay.",
    "restore_seconds": "How long the restore took, until the server was up.",
    "budget_seconds": "How long it may take.",
    "target_timestamp_seconds": "The moment that was restored.",
    "verified_timestamp_seconds": "When the whole repository was last read and compared with its checksums.",
}
# A store that answers takes a segment within this time.
_BEHIND = 60


def figures(now: Archiving, before: Mapping[str, Any] | None) -> dict[str, float]:
    """:arg before: C(written) and C(at) of an earlier time."""
    found: dict[str, float] = {
        "failures": now.failures,
        "waiting_segments": now.waiting,
        "behind_seconds": now.behind,
    }
    # What was committed a moment ago is in a segment that is closed after that time.
    if now.timeout:
        found["at_risk_seconds"] = now.behind + now.timeout
    if now.archived is not None:
        found["archived_timestamp_seconds"] = now.archived
    if now.failed is not None:
        found["failed_timestamp_seconds"] = now.failed
    if before and now.behind > _BEHIND:
        seconds = now.at - before["at"]
        # Another member's, or after a failover, it can be less.
        bytes_written = now.written - before["written"]
        if seconds > 0 and bytes_written > 0:
            found["full_seconds"] = now.free / (bytes_written / seconds)
    return found


def render(stanza: str, found: Mapping[str, float], meanings: Mapping[str, str] | None = None) -> str:
    """The text for the node exporter.

    :arg meanings: C(DRILL), if it is of the drill.
    """
    prefix = "s3_backup_physical_" if meanings is None else "s3_backup_physical_drill_"
    lines = []
    for key, meaning in (_MEANINGS if meanings is None else meanings).items():
        if key in found:
            name = f"{prefix}{key}"
            lines += [
                f"# HELP {name} {meaning}",
                f"# TYPE {name} gauge",
                f'{name}{{stanza="{stanza}"}} {found[key]:.15g}',
            ]
    return "\n".join(lines) + "\n" if lines else ""
