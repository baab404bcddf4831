# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load that rises step by step, and stops at the first step that does not keep what was promised. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import (
    Limits,
    Row,
    judged,
    told,
    unanswered,
)

PART = "stress"
# With these the rest goes on; the second is of playbooks/vars/validate.yml.
NOT_INSTALLED, NO_SITE = "not installed: ", "no site: "
# What the load goes through, by its name in a step.
SUBJECTS = {"database": "PgBouncer and PostgreSQL", "site": "Traefik and the application"}


def rows(answer: Mapping[str, Any], limits: Limits) -> list[Row]:
    """:arg answer: C(steps), each with C(clients), C(lag), C(database) and C(site), and C(reason), why there are no more."""
    steps: Sequence[Mapping[str, Any]] = answer.get("steps") or []
    if not steps:
        return [unanswered(PART, answer.get("reason") or "no load was begun")]
    found: list[Row] = []
    for name, subject in SUBJECTS.items():
        if name in steps[-1]:
            found += _of(subject, steps[-1][name], steps[-1]["clients"], limits)
    found += _of_lag(steps[-1].get("lag") or {}, limits)
    reasons = stops(found)
    found.append(told(PART, "all", "what gave way first", reasons[0] if reasons else "nothing"))
    if answer.get("reason"):
        found.append(unanswered(PART, str(answer["reason"])))
    return found


def stops(found: Sequence[Row]) -> list[str]:
    """Why there is no next step: what did not keep its limit, or could not be measured although it was asked."""
    bad = [row for row in found if row["verdict"] != "pass" and not row["note"].startswith((NOT_INSTALLED, NO_SITE))]
    return [f"{row['subject']}: {row['check']}{'' if row['verdict'] == 'fail' else ', not measured'}" for row in bad]


def goes_on(steps: Sequence[Mapping[str, Any]], limits: Limits) -> bool:
    """Whether the last step kept everything that its load was put on."""
    return not steps or not stops(rows({"steps": steps}, limits))


def _of(subject: str, found: Mapping[str, Any], clients: int, limits: Limits) -> list[Row]:
    if "sent" not in found:
        return [{**unanswered(PART, found.get("reason") or "it was not asked"), "subject": subject}]
    silent = found.get("reason") or "no answer"
    note = f"{found['failed']} of {found['sent']} failed. {found.get('reason') or ''}".strip()
    kept = judged(
        PART, subject, "answers that were good", found["answered_percent"], "%", "stress_answered_percent", limits, note
    )
    return [
        told(PART, subject, "clients at a time", clients),
        kept,
        *([told(PART, subject, "p50", found["p50"], "ms")] if found["p50"] is not None else []),
        judged(PART, subject, "p95", found["p95"], "ms", "stress_p95_ms", limits, silent),
        *([told(PART, subject, "p99", found["p99"], "ms")] if found["p99"] is not None else []),
    ]


def _of_lag(lag: Mapping[str, Any], limits: Limits) -> list[Row]:
    """:arg lag: of M(postgres_replication_lag), in the middle of the step."""
    if "standbys" not in lag:
        return [{**unanswered(PART, lag.get("msg") or "the primary was not asked"), "subject": "standbys"}]
    return [
        judged(
            PART,
            name,
            "lag in time",
            standby.get("seconds"),
            "s",
            "replication_lag_seconds",
            limits,
            "it does not stream",
        )
        for name, standby in sorted(lag["standbys"].items())
    ]
