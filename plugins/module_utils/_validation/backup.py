# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups: how old is the newest one, was one restored, and how long does that take. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import Limits, Row, judged, unanswered

PART = "backup"
_HOUR, _DAY, _MINUTE = 3600, 86400, 60


def rows(answer: Mapping[str, Any], limits: Limits, now: float) -> list[Row]:
    """:arg answer: C(environment); C(jobs) of C(plannerate-backup status) and C(backups) of C(plannerate-backup list), or C(reason).

    :arg now: the machine's clock, in seconds.
    """
    jobs: Mapping[str, Any] | None = answer.get("jobs")
    if jobs is None:
        return [unanswered(PART, answer.get("reason") or "plannerate-backup did not answer")]
    stored: Sequence[Mapping[str, Any]] | None = answer.get("backups")
    names = sorted(set(jobs.get("run", {})) | set(jobs.get("drill", {})) | {one["database"] for one in stored or []})
    if not names:
        return [unanswered(PART, f"no database of {answer.get('environment')} was ever backed up")]
    found: list[Row] = []
    for name in names:
        found += _of_job(name, jobs.get("run", {}).get(name, {}), jobs.get("drill", {}).get(name, {}), limits, now)
        found.append(_in_bucket(name, stored, limits, answer.get("reason") or "the bucket was not listed"))
    return found


def _of_job(name: str, run: Mapping[str, Any], drill: Mapping[str, Any], limits: Limits, now: float) -> list[Row]:
    def since(moment: float | None, unit: int) -> float | None:
        return None if moment is None else round((now - moment) / unit, 2)

    def took(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds / _MINUTE, 3)

    never = "no drill restored a backup yet: playbooks/restore_drill.yml"
    return [
        judged(
            PART,
            name,
            "age of the last good backup",
            since(run.get("last_success"), _HOUR),
            "h",
            "backup_age_hours",
            limits,
            "plannerate-backup run makes one",
        ),
        judged(
            PART, name, "the last backup took", took(run.get("duration")), "min", "backup_minutes", limits, "never made"
        ),
        judged(
            PART,
            name,
            "age of the newest restored backup",
            since(drill.get("verified_backup"), _DAY),
            "d",
            "verified_age_days",
            limits,
            never,
        ),
        judged(
            PART,
            name,
            "restoring it took (RTO)",
            took(drill.get("restore_seconds")),
            "min",
            "restore_minutes",
            limits,
            never,
        ),
    ]


def _in_bucket(name: str, stored: Sequence[Mapping[str, Any]] | None, limits: Limits, reason: str) -> Row:
    mine = [one for one in stored or [] if one["database"] == name]
    bad = [one for one in mine if one["state"] in ("damaged", "unreadable")]
    is_empty = stored is not None and not mine
    return judged(
        PART,
        name,
        "backups in the bucket that are damaged",
        None if stored is None or is_empty else len(bad),
        "",
        "damaged_backups",
        limits,
        "the bucket has none" if is_empty else ", ".join(one["id"] for one in bad) or reason,
    )
