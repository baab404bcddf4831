# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far standbys are behind their primary, and what is wrong with that. Pure; what is unknown is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import bytes_behind, lsn_bytes

# What pg_stat_replication calls a standby that synchronous_standby_names lists: also one that would only confirm if another one
# went away (potential). Which of them confirm commits now is another question, see _promotion/switchover_plan.py.
LISTED_AS_SYNCHRONOUS = ("sync", "quorum", "potential")


class StandbyRow(TypedDict):
    """A row of the primary's pg_stat_replication. Without pg_monitor, PostgreSQL shows nothing but the name."""

    name: str
    state: str | None
    sync_state: str | None
    client_addr: str | None
    sent_lsn: str | None
    write_lsn: str | None
    flush_lsn: str | None
    replay_lsn: str | None
    replay_seconds: float | None


class StandbyAnswer(TypedDict, total=False):
    """What a standby said itself, or only why it could not be asked (``error``)."""

    replay_lsn: str | None
    replay_paused: bool
    since_replayed: float | None
    error: str


class Lag(TypedDict):
    """How far one standby is behind. ``state`` is None when it is not connected, hidden when it may not be seen."""

    expected: bool
    state: str | None
    sync_state: str | None
    client_addr: str | None
    sent_bytes: int | None
    write_bytes: int | None
    flush_bytes: int | None
    replay_bytes: int | None
    replay_lsn: str | None
    replay_paused: bool | None
    seconds: float | None
    seconds_from: str | None
    detail: str | None


def evaluate(
    expected: Sequence[str],
    lsn: str,
    rows: Sequence[StandbyRow],
    answers: Mapping[str, StandbyAnswer],
    earlier: Mapping[str, Lag] | None = None,
) -> dict[str, Lag]:
    """The lag of each expected and each connected standby by its name.

    :arg expected: names of the standbys that have to be there.
    :arg lsn: the primary's write position.
    :arg rows: its pg_stat_replication, read after that.
    :arg answers: by name, what a standby said itself after that. Standbys that were not asked are missing.
    :arg earlier: what this returned a moment ago, to see whether replay moves.
    """
    by_name: dict[str, list[StandbyRow]] = {}
    for row in rows:
        by_name.setdefault(row["name"], []).append(row)
    return {
        name: _lag(
            lsn,
            _furthest_behind(by_name.get(name, [])),
            answers.get(name) or {},
            (earlier or {}).get(name),
            name in expected,
        )
        for name in dict.fromkeys([*expected, *by_name])
    }


def unsettled(lags: Mapping[str, Lag]) -> bool:
    """Whether measuring again would tell more: what is in transit arrives, and replay is seen to move."""
    return any(
        lag["state"] == "streaming" and lag["replay_bytes"] != 0 and not lag["replay_paused"] for lag in lags.values()
    )


def missing(lags: Mapping[str, Lag]) -> list[str]:
    """Names of the expected standbys that the primary does not know."""
    return [name for name, lag in lags.items() if lag["expected"] and lag["state"] is None]


def problems(
    lags: Mapping[str, Lag],
    max_bytes: int | None = None,
    max_seconds: float | None = None,
    require_sync: bool = False,
    target: str | None = None,
    require_streaming: bool = True,
) -> list[str]:
    """What is wrong with the expected standbys, a sentence for each of them.

    :arg target: position that they have to have replayed, or None.
    """
    sentences = []
    for name, lag in lags.items():
        if not lag["expected"]:
            continue
        wanted = []
        if require_streaming and lag["state"] != "streaming":
            wanted.append("state streaming")
        if _exceeds(lag["replay_bytes"], max_bytes):
            wanted.append(f"at most {max_bytes} bytes behind")
        if _exceeds(lag["seconds"], max_seconds):
            wanted.append(f"at most {max_seconds} s behind")
        if target is not None and (lag["replay_lsn"] is None or lsn_bytes(lag["replay_lsn"]) < lsn_bytes(target)):
            wanted.append(f"{target} replayed")
        if require_sync and lag["sync_state"] not in LISTED_AS_SYNCHRONOUS:
            wanted.append(f"sync_state {', '.join(LISTED_AS_SYNCHRONOUS[:-1])} or {LISTED_AS_SYNCHRONOUS[-1]}")
        if wanted:
            sentences.append(f"{describe(name, lag)}; expected {' and '.join(wanted)}")
    return sentences


def _exceeds(figure: float | None, limit: float | None) -> bool:
    """Unknown is not within any limit."""
    return limit is not None and (figure is None or figure > limit)


def describe(name: str, lag: Lag) -> str:
    """One standby's lag as half a sentence."""
    parts = ["missing: not connected to the primary"]
    if lag["state"]:
        parts = [lag["state"], lag["sync_state"] or "sync state unknown"]
    for figure, unit, form in ((lag["replay_bytes"], "bytes", "{0}"), (lag["seconds"], "s", "{0:.1f}")):
        if figure is not None:
            parts.append(f"{form.format(figure)} {unit} behind")
        elif lag["state"]:
            parts.append(f"an unknown number of {unit} behind")
    if lag["replay_lsn"]:
        parts.append(f"replayed {lag['replay_lsn']}")
    if lag["replay_paused"]:
        parts.append("replay paused")
    if lag["detail"]:
        parts.append(lag["detail"])
    return f"{name} is {', '.join(parts)}"


def _lag(lsn: str, row: StandbyRow | None, answer: StandbyAnswer, earlier: Lag | None, expected: bool) -> Lag:
    # The standby was asked later than the primary, so it knows better.
    replay_lsn = answer.get("replay_lsn") or (row and row["replay_lsn"])
    replay_bytes = _behind(lsn, replay_lsn)
    seconds, seconds_from = _seconds(replay_lsn, replay_bytes, row, answer, earlier)
    return {
        "expected": expected,
        "state": (row["state"] or "hidden") if row else None,
        "sync_state": row and row["sync_state"],
        "client_addr": row and row["client_addr"],
        "sent_bytes": _behind(lsn, row and row["sent_lsn"]),
        "write_bytes": _behind(lsn, row and row["write_lsn"]),
        "flush_bytes": _behind(lsn, row and row["flush_lsn"]),
        "replay_bytes": replay_bytes,
        "replay_lsn": replay_lsn,
        "replay_paused": answer.get("replay_paused"),
        "seconds": seconds,
        "seconds_from": seconds_from,
        "detail": answer.get("error"),
    }


def _seconds(
    replay_lsn: str | None,
    replay_bytes: int | None,
    row: StandbyRow | None,
    answer: StandbyAnswer,
    earlier: Lag | None,
) -> tuple[float | None, str | None]:
    """(seconds behind, who told); (None, None) when nobody can."""
    if answer and "error" not in answer:
        if replay_bytes == 0:
            return 0.0, "standby"
        # The age of the newest commit that is visible there: never less than the delay, and close to it under load.
        since = answer.get("since_replayed")
        return (None, None) if since is None else (max(0.0, since), "standby")
    if not row:
        return None, None
    if replay_bytes == 0:
        return 0.0, "primary"
    # The primary's figure stays as it was while replay is paused or stuck: believe it only while replay moves.
    moved = earlier and earlier["replay_lsn"] and earlier["replay_lsn"] != replay_lsn
    return (row["replay_seconds"], "primary") if moved and row["replay_seconds"] is not None else (None, None)


def _behind(ahead: str, lsn: str | None) -> int | None:
    return None if lsn is None else bytes_behind(ahead, lsn)


def _furthest_behind(rows: Sequence[StandbyRow]) -> StandbyRow | None:
    """Of several connections under one name, the streaming one that is furthest behind; None when there is none."""

    def rank(row: StandbyRow) -> tuple[bool, int]:
        return row["state"] != "streaming", lsn_bytes(row["replay_lsn"]) if row["replay_lsn"] else 0

    return min(rows, key=rank, default=None)
