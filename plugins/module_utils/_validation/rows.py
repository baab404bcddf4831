# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured beside what was promised: one row for each check. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict, Union

from ansible_collections.plannerate.infra.plugins.module_utils._text_table import text_table

Value = Union[float, int, str, None]
Limits = Mapping[str, float]

# The promises of the installation, which an inventory may change (validate_limits). None: it is measured and not judged.
LIMITS: dict[str, float] = {
    "replication_lag_seconds": 1,
    "replication_lag_mib": 10,
    "read_after_write_seconds": 1,
    "standbys_missing": 0,
    "pool_wait_seconds": 5,
    "pool_clients_waiting": 0,
    "backup_age_hours": 26,
    "backup_minutes": 60,
    "verified_age_days": 9,
    "restore_minutes": 60,
    "damaged_backups": 0,
    "unexpected_ports": 0,
    "plaintext_answers": 0,
    "open_files": 0,
    "weak_passwords": 0,
    "security_updates": 0,
    "certificate_days": 14,
    "tls_problems": 0,
    "stress_p95_ms": 200,
    "stress_answered_percent": 99.9,
    "switchover_pause_seconds": 5,
    "failed_transactions": 0,
    "lost_commits": 0,
    "return_minutes": 5,
    "failover_seconds": 3600,
}
# Of these more is better.
AT_LEAST = {"certificate_days", "stress_answered_percent"}


class Row(TypedDict):
    """One check. ``verdict`` is C(pass), C(fail), or C(not measured), which is no success either; ``subject`` is what was looked at."""

    part: str
    subject: str
    check: str
    measured: Value
    unit: str
    limit: float | None
    promise: str
    verdict: str
    note: str


def judged(
    part: str, subject: str, check: str, measured: Value, unit: str, name: str, limits: Limits, note: str = ""
) -> Row:
    """A row about a limit.

    :arg name: of the limit; :arg measured: None where it could not be measured, which ``note`` explains.
    """
    limit = limits[name]
    sign = ">=" if name in AT_LEAST else "<="
    kept = isinstance(measured, (int, float)) and (measured >= limit if name in AT_LEAST else measured <= limit)
    return {
        "part": part,
        "subject": subject,
        "check": check,
        "measured": measured,
        "unit": unit,
        "limit": limit,
        "promise": f"{sign} {limit:g} {unit}".strip(),
        "verdict": "not measured" if measured is None else "pass" if kept else "fail",
        "note": note,
    }


def told(part: str, subject: str, check: str, measured: Value, unit: str = "") -> Row:
    """A row that explains the others, and about which nothing was promised."""
    return {
        "part": part,
        "subject": subject,
        "check": check,
        "measured": measured,
        "unit": unit,
        "limit": None,
        "promise": "-",
        "verdict": "pass",
        "note": "",
    }


def unanswered(part: str, reason: str) -> Row:
    """The row of a part that could not be measured at all."""
    return {
        "part": part,
        "subject": "-",
        "check": "was measured",
        "measured": None,
        "unit": "",
        "limit": None,
        "promise": "an answer",
        "verdict": "not measured",
        "note": reason,
    }


def limits_of(given: Mapping[str, float]) -> dict[str, float]:
    """:raises ValueError: for a name or a value that is none."""
    strangers = sorted(set(given) - set(LIMITS))
    if strangers:
        raise ValueError(f"validate_limits has {', '.join(strangers)}, expected some of {', '.join(sorted(LIMITS))}")
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"validate_limits.{name} is {value!r}, expected a number")
    return {**LIMITS, **given}


def is_good(rows: Iterable[Row]) -> bool:
    return all(row["verdict"] == "pass" for row in rows)


def shown(row: Row) -> str:
    """What was measured, for people."""
    value = row["measured"]
    if value is None:
        return "-"
    number = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
    return f"{number} {row['unit']}".strip()


def table(rows: Sequence[Row], left_out: Sequence[str]) -> str:
    """The rows as text, what explains those that are not good, and what was left out."""
    words = {"pass": "yes", "fail": "NO", "not measured": "NOT MEASURED"}
    lines = [("PART", "SUBJECT", "CHECK", "MEASURED", "PROMISED", "KEPT")]
    lines += [
        (row["part"], row["subject"], row["check"], shown(row), row["promise"], words[row["verdict"]]) for row in rows
    ]
    bad = [row for row in rows if row["verdict"] != "pass"]
    notes = [f"{row['part']}, {row['subject']}, {row['check']}: {row['note']}" for row in bad if row["note"]]
    left = [f"Left out, since the inventory has no hosts for it: {', '.join(left_out)}."] if left_out else []
    return "\n".join([text_table(lines), *notes, *left, f"{len(rows) - len(bad)} of {len(rows)} kept"])
