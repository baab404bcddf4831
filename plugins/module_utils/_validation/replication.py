# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication: is every standby there, how far is it behind, and when is there to read what was written. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import Limits, Row, judged, unanswered

PART = "replication"


def rows(answer: Mapping[str, Any], limits: Limits) -> list[Row]:
    """:arg answer: C(standbys), names that the inventory has; C(lag), of M(postgres_replication_lag); C(reads), of M(validation_info)."""
    names: Sequence[str] = answer.get("standbys") or []
    lag: Mapping[str, Any] = answer.get("lag") or {}
    if "standbys" not in lag:
        return [unanswered(PART, lag.get("msg") or answer.get("reason") or "nobody answered as the primary")]
    reads: Mapping[str, Any] = (answer.get("reads") or {}).get("reads") or {}
    found = [
        judged(
            PART,
            "cluster",
            "standbys that do not stream",
            len([name for name in names if (lag["standbys"].get(name) or {}).get("state") != "streaming"]),
            "",
            "standbys_missing",
            limits,
            ", ".join(sorted(lag.get("missing") or [])),
        )
    ]
    for name in names:
        found += _of_standby(name, lag["standbys"].get(name) or {}, reads.get(name) or {}, limits)
    return found


def _of_standby(name: str, lag: Mapping[str, Any], read: Mapping[str, Any], limits: Limits) -> list[Row]:
    behind = lag.get("replay_bytes")
    missing = lag.get("detail") or "it does not stream"
    return [
        judged(
            PART,
            name,
            "lag",
            None if behind is None else round(behind / 2**20, 3),
            "MiB",
            "replication_lag_mib",
            limits,
            missing,
        ),
        judged(PART, name, "lag in time", lag.get("seconds"), "s", "replication_lag_seconds", limits, missing),
        judged(
            PART,
            name,
            "a write can be read after",
            read.get("seconds"),
            "s",
            "read_after_write_seconds",
            limits,
            read.get("error") or missing,
        ),
    ]
