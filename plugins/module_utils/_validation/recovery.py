# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replica was promoted, and the primary of before came back: what clients noticed of both changes. Pure."""

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

PART = "recovery"


def rows(answer: Mapping[str, Any], limits: Limits) -> list[Row]:
    """:arg answer: C(home), the primary of before; C(changes), each with C(source), C(target), C(began), C(ended), C(done), and
    C(ledger), as M(validation_ledger) gives it; C(primary) now, and C(astray), who does not follow it; C(reason), why there
    are no more changes.
    """
    changes: Sequence[Mapping[str, Any]] = answer.get("changes") or []
    reason = str(answer.get("reason") or "")
    if not changes:
        return [unanswered(PART, reason or "nothing was begun")]
    found: list[Row] = []
    for change in changes:
        found += _of(f"{change['source']} to {change['target']}", change, limits)
    astray: Sequence[str] | None = answer.get("astray")
    home, primary = answer.get("home"), answer.get("primary")
    back = len(changes) > 1 and bool(changes[-1].get("done")) and primary == home
    minutes = round((changes[-1]["ended"] - changes[0]["began"]) / 60, 3) if back else None
    away = reason or f"{home} is not the primary again: playbooks/switchover.yml -e switchover_target={home}"
    return [
        *found,
        judged(PART, "cluster", "promoted, and back after", minutes, "min", "return_minutes", limits, away),
        told(PART, "cluster", "primary now", primary),
        judged(
            PART,
            "cluster",
            "standbys that do not follow",
            None if astray is None else len(astray),
            "",
            "standbys_missing",
            limits,
            f"{', '.join(astray)}: playbooks/rejoin.yml" if astray else "nobody was asked afterwards",
        ),
    ]


def _of(subject: str, change: Mapping[str, Any], limits: Limits) -> list[Row]:
    ledger: Mapping[str, Any] = change.get("ledger") or {}
    problem = ""
    if not change.get("done"):
        problem = "the primary was not changed"
    elif "commits" not in ledger:
        problem = ledger.get("msg") or "its clients told nothing"
    elif not ledger["was_told_to_stop"]:
        problem = (
            "its clients ended before it did, so nobody knows how long writes waited: raise validate_ledger_seconds"
        )
    if problem:
        return [{**unanswered(PART, problem), "subject": subject}]
    errors = "; ".join(ledger["errors"])
    # Without commits nothing can be lost.
    lost = ledger["lost"] if ledger["commits"] else None
    return [
        told(PART, subject, "commits that were acknowledged", ledger["commits"]),
        judged(PART, subject, "acknowledged commits that are lost", lost, "", "lost_commits", limits, errors),
        judged(PART, subject, "transactions that failed", ledger["failed"], "", "failed_transactions", limits, errors),
        judged(
            PART,
            subject,
            "until the next write",
            ledger["stopped_seconds"],
            "s",
            "switchover_pause_seconds",
            limits,
            errors,
        ),
        told(PART, subject, "longest transaction", ledger["longest_seconds"], "s"),
    ]
