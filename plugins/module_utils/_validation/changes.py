# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primary was changed, by a switchover or since it died, and changed back: what clients noticed, and who follows now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import confirmations, listed
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import (
    Limits,
    Row,
    judged,
    told,
    unanswered,
)

RECOVERY, FAILOVER = "recovery", "failover"
PARTS = (RECOVERY, FAILOVER)
# By part, how it is told in how many minutes the primary of before was the primary again, and the limit.
_RETURNS = {
    RECOVERY: ("promoted, and back after", "return_minutes"),
    FAILOVER: ("dead, replaced, and back after", "restore_minutes"),
}
_NOBODY = "nobody takes writes: playbooks/failover.yml, then playbooks/rejoin.yml"


def rows(part: str, answer: Mapping[str, Any], limits: Limits) -> list[Row]:
    """:arg part: one of PARTS.

    :arg answer: C(home), the primary of before; C(changes), each with C(mode), C(source), C(target), C(began), C(ended), C(done), where
        the source died C(died) and C(commanded), where the first attempt failed C(reason), and who was C(promoted) all the same, and
        C(ledger), as M(validation_ledger) gives it; C(primary) now, or C(errors), why nobody is; C(streaming) and C(astray), who
        follows it and who does not; C(not_rejoined), why, by member; C(reason), why there are no more changes. Times are in seconds, by
        the controller's clock.
    """
    changes: Sequence[Mapping[str, Any]] = answer.get("changes") or []
    reason = str(answer.get("reason") or "")
    if not changes:
        return [unanswered(part, reason or "nothing was begun")]
    found: list[Row] = []
    for change in changes:
        found += _of(part, change, limits)
    home, primary = answer.get("home"), answer.get("primary")
    back = len(changes) > 1 and bool(changes[-1].get("done")) and primary == home
    minutes = round((changes[-1]["ended"] - changes[0]["began"]) / 60, 3) if back else None
    away = reason or f"{home} is not the primary again: playbooks/switchover.yml -e switchover_target={home}"
    check, limit = _RETURNS[part]
    return [
        *found,
        judged(part, "cluster", check, minutes, "min", limit, limits, away),
        *_members(part, answer, limits),
    ]


def _members(part: str, answer: Mapping[str, Any], limits: Limits) -> list[Row]:
    primary = answer.get("primary")
    if not primary:
        note = "; ".join([*answer["errors"], _NOBODY]) if "errors" in answer else "nobody was asked afterwards"
        return [{**unanswered(part, note), "subject": "cluster", "check": "primary now"}]
    astray: Sequence[str] = answer["astray"]
    reasons: Mapping[str, str] = answer.get("not_rejoined") or {}
    named = "; ".join(f"{name} ({reasons[name]})" if reasons.get(name) else name for name in astray)
    return [
        told(part, "cluster", "primary now", primary),
        told(part, "cluster", "standbys that stream", len(answer["streaming"])),
        judged(
            part,
            "cluster",
            "standbys that do not follow",
            len(astray),
            "",
            "standbys_missing",
            limits,
            f"{named}: playbooks/rejoin.yml" if astray else "",
        ),
    ]


def _of(part: str, change: Mapping[str, Any], limits: Limits) -> list[Row]:
    ledger: Mapping[str, Any] = change.get("ledger") or {}
    dies = change["mode"] == FAILOVER
    subject = f"{change['source']} dies" if dies else f"{change['source']} to {change['target']}"
    problem = ""
    if not change.get("done"):
        problem = _promoted(change) or "the primary was not changed"
    elif "commits" not in ledger:
        problem = ledger.get("msg") or "its clients told nothing"
    elif not ledger["was_told_to_stop"]:
        problem = (
            "its clients ended before it did, so nobody knows how long writes waited: raise validate_ledger_seconds"
        )
    if problem:
        return [{**unanswered(part, problem), "subject": subject}]
    errors = "; ".join(ledger["errors"])
    # Without commits nothing can be lost.
    lost = ledger["lost"] if ledger["commits"] else None
    return [
        told(part, subject, "commits that were acknowledged", ledger["commits"]),
        judged(part, subject, "acknowledged commits that are lost", lost, "", "lost_commits", limits, errors),
        *(_death if dies else _switchover)(part, subject, change, limits, errors),
        *_second_attempt(part, subject, change),
        told(part, subject, "longest transaction", ledger["longest_seconds"], "s"),
    ]


def _promoted(change: Mapping[str, Any]) -> str:
    """Who was promoted by a failover that failed afterwards, empty for nobody."""
    return f"{change['promoted']} was promoted, but: {change.get('reason', '')}" if change.get("promoted") else ""


def _second_attempt(part: str, subject: str, change: Mapping[str, Any]) -> list[Row]:
    """A failover that came to its end in the second attempt is none that went well."""
    problem = _promoted(change)
    row: Row = {**unanswered(part, problem), "subject": subject, "check": "one attempt was enough", "verdict": "fail"}
    return [{**row, "measured": "no", "promise": "yes"}] if problem else []


def _switchover(part: str, subject: str, change: Mapping[str, Any], limits: Limits, errors: str) -> list[Row]:
    ledger = change["ledger"]
    return [
        judged(
            part, subject, "transactions that failed", ledger["failures"], "", "failed_transactions", limits, errors
        ),
        judged(
            part,
            subject,
            "until the next write",
            ledger["stopped_seconds"],
            "s",
            "switchover_pause_seconds",
            limits,
            errors,
        ),
    ]


def _death(part: str, subject: str, change: Mapping[str, Any], limits: Limits, errors: str) -> list[Row]:
    """Transactions fail where their server dies. The command came when the primary was dead: somebody takes longer to notice."""
    ledger = change["ledger"]
    pause = ledger["stopped_seconds"]
    after = round(max(pause - (change["commanded"] - change["died"]), 0), 3)
    return [
        told(part, subject, "transactions that failed", ledger["failures"]),
        judged(part, subject, "until the next write", pause, "s", "failover_seconds", limits, errors),
        judged(
            part, subject, "until the next write, from the command on", after, "s", "failover_seconds", limits, errors
        ),
    ]


def waits_for_the_dead(answers: Mapping[str, Any], candidates: Sequence[str]) -> list[str]:
    """Sentences about the candidates that would wait for more confirmations than the others can give: commits would hang.

    :arg answers: of M(postgres_cluster_info), by member name.
    :arg candidates: names of the standbys that are left, one of which is promoted.
    """
    found = []
    for name in candidates:
        setting = answers[name]["settings"]["synchronous_standby_names"]
        names, needed = listed(setting), confirmations(setting)
        others = [other for other in candidates if other != name and (names is None or other in names)]
        if needed > len(others):
            found.append(
                f"as the primary {name} needs {needed} confirmation(s) of each commit, and {len(others)} standby(s) could give one"
            )
    return found
