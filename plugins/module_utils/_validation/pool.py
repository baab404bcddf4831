# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools: does somebody wait, and are limits held. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import Limits, Row, judged, unanswered

PART = "pool"


def rows(answers: Mapping[str, Mapping[str, Any]], limits: Limits) -> list[Row]:
    """:arg answers: by the pooler's machine, C(rows) as P(pgbouncer_overview#filter) gives them, or C(reason)."""
    found: list[Row] = []
    for machine, answer in sorted(answers.items()):
        if not answer.get("rows"):
            found.append({**unanswered(PART, answer.get("reason") or "PgBouncer has no pools"), "subject": machine})
            continue
        found += _of_pooler(machine, answer["rows"], limits)
    return found


def _of_pooler(machine: str, pools: Sequence[Mapping[str, Any]], limits: Limits) -> list[Row]:
    found = []
    for name in sorted({pool["pool"] for pool in pools}):
        # One row for each user of a pool; what is allowed is the pool's.
        mine = [pool for pool in pools if pool["pool"] == name]
        subject = f"{name} on {machine}"
        used = sum(pool["servers_active"] + pool["servers_idle"] for pool in mine)
        allowed = max(pool["servers_allowed"] for pool in mine)
        found += [
            judged(
                PART,
                subject,
                "clients that wait",
                sum(pool["clients_waiting"] for pool in mine),
                "",
                "pool_clients_waiting",
                limits,
                "make pools; long transactions first, then pool_size in pgbouncer_environments",
            ),
            judged(
                PART,
                subject,
                "longest wait now",
                float(max(pool["longest_wait_seconds"] for pool in mine)),
                "s",
                "pool_wait_seconds",
                limits,
                "make pools",
            ),
            # Not one of LIMITS: the pool has its own.
            judged(
                PART, subject, "server connections", used, "", "own", {"own": allowed}, "more than the pool may have"
            ),
        ]
    return found
