# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All parts together, and the texts of the report's files. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation import (
    backup,
    changes,
    html_page,
    junit,
    pool,
    replication,
    security,
    stress,
)
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import (
    Limits,
    Row,
    is_good,
    limits_of,
    table,
    unanswered,
)

PARTS = (replication.PART, pool.PART, backup.PART, security.PART, stress.PART, *changes.PARTS)


def report(
    found: Mapping[str, Any], limits: Mapping[str, float], left_out: Sequence[str], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """:arg found: by part, what was found; :arg facts: what the report says about itself, C(time) in seconds.

    :raises ValueError: for limits that are none.
    """
    judged_by = limits_of(limits)
    now = float(facts["time"])
    when = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows: list[Row] = []
    for part in PARTS:
        if part in found:
            rows += rows_of(part, found[part], judged_by, now)
    version = (found.get("replication", {}).get("reads") or {}).get("server_version")
    about = {**facts, "PostgreSQL": version, "time": when}
    said = {key: str(value) for key, value in about.items() if value}
    kept = bool(rows) and is_good(rows)
    return {
        "rows": rows,
        "kept": kept,
        "table": table(rows, left_out),
        "json": json.dumps({**said, "kept": kept, "left_out": [*left_out], "rows": rows}, indent=2) + "\n",
        "junit": junit.junit(rows, left_out, f"validate.{said.get('inventory', '-')}", when),
        "html": html_page.page(rows, left_out, said),
    }


def rows_of(part: str, answer: Mapping[str, Any], limits: Limits, now: float) -> list[Row]:
    """An answer that nobody expected of one part does not keep the others from being told."""
    try:
        if part == replication.PART:
            return replication.rows(answer, limits)
        if part == pool.PART:
            return pool.rows(answer, limits)
        if part == backup.PART:
            return backup.rows(answer, limits, now)
        if part == stress.PART:
            return stress.rows(answer, limits)
        if part in changes.PARTS:
            return changes.rows(part, answer, limits)
        return security.rows(answer, limits)
    except (AttributeError, KeyError, TypeError) as error:
        return [unanswered(part, f"its answer cannot be read: {error!r}")]
