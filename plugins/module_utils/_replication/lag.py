# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far standbys are behind their primary, and what is wrong with that. Pure; what is unknown is None, never 0."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import bytes_behind, lsn_bytes

POSITIONS = ("sent", "write", "flush", "replay")
SYNC_STATES = ("sync", "quorum", "potential")


def evaluate(expected, primary, answers, earlier=None):
    """The figures of each expected and each connected standby by its name.

    :arg expected: names of the standbys that have to be there.
    :arg primary: dict with ``lsn``, the primary's write position, and ``rows``, its pg_stat_replication read after that.
    :arg answers: by name, what a standby said itself after that (``replay_lsn``, ``replay_paused``,
        ``since_replayed``), or why it could not be asked (``error``). Standbys that were not asked are missing.
    :arg earlier: what this returned a moment ago, to see whether replay moves.
    """
    rows = {}
    for row in primary["rows"]:
        rows.setdefault(row["name"], []).append(row)
    return {
        name: _figures(
            primary["lsn"],
            _worst(rows.get(name, [])),
            answers.get(name),
            (earlier or {}).get(name),
            name in expected,
        )
        for name in dict.fromkeys([*expected, *rows])
    }


def unsettled(figures):
    """Whether a second look would tell more: what is in transit arrives, and replay is seen to move."""
    return any(
        standby["state"] == "streaming" and standby["replay_bytes"] != 0 and not standby["replay_paused"]
        for standby in figures.values()
    )


def missing(figures):
    """Names of the expected standbys that the primary does not know."""
    return [name for name, standby in figures.items() if standby["expected"] and standby["state"] is None]


def problems(figures, max_bytes=None, max_seconds=None, require_sync=False, target=None, require_streaming=True):
    """What is wrong with the expected standbys, a sentence for each of them.

    :arg target: position that they have to have replayed, or None.
    """
    found = []
    for name, standby in figures.items():
        wrong = []
        if not standby["expected"]:
            continue
        if require_streaming and standby["state"] != "streaming":
            wrong.append("state streaming")
        for limit, key, unit in ((max_bytes, "replay_bytes", "bytes"), (max_seconds, "seconds", "s")):
            # Unknown is not within any limit.
            if limit is not None and (standby[key] is None or standby[key] > limit):
                wrong.append(f"at most {limit} {unit} behind")
        if target is not None and (
            standby["replay_lsn"] is None or lsn_bytes(standby["replay_lsn"]) < lsn_bytes(target)
        ):
            wrong.append(f"{target} replayed")
        if require_sync and standby["sync_state"] not in SYNC_STATES:
            wrong.append(f"sync_state {', '.join(SYNC_STATES[:-1])} or {SYNC_STATES[-1]}")
        if wrong:
            found.append(f"{describe(name, standby)}; expected {' and '.join(wrong)}")
    return found


def describe(name, standby):
    """One standby's figures as half a sentence."""
    if standby["state"] is None:
        parts = ["missing: not connected to the primary"]
    else:
        parts = [standby["state"], standby["sync_state"] or "sync state unknown"]
    for key, unit, shown in (("replay_bytes", "bytes", "{0}"), ("seconds", "s", "{0:.1f}")):
        if standby[key] is not None:
            parts.append(f"{shown.format(standby[key])} {unit} behind")
        elif standby["state"]:
            parts.append(f"an unknown number of {unit} behind")
    if standby["replay_lsn"]:
        parts.append(f"replayed {standby['replay_lsn']}")
    if standby["replay_paused"]:
        parts.append("replay paused")
    if standby["detail"]:
        parts.append(standby["detail"])
    return f"{name} is {', '.join(parts)}"


def _figures(primary, row, answer, earlier, expected):
    own = answer if answer and not answer.get("error") else {}
    positions = {key: (row or {}).get(f"{key}_lsn") for key in POSITIONS}
    # Asked later, so it knows better.
    positions["replay"] = own.get("replay_lsn") or positions["replay"]
    figures = {f"{key}_bytes": _behind(primary, lsn) for key, lsn in positions.items()}
    figures.update(
        expected=expected,
        # PostgreSQL hides all but the name from a role without pg_monitor.
        state=(row["state"] or "hidden") if row else None,
        sync_state=(row or {}).get("sync_state"),
        client_addr=(row or {}).get("client_addr"),
        replay_lsn=positions["replay"],
        replay_paused=own.get("replay_paused"),
        detail=(answer or {}).get("error"),
    )
    figures["seconds"], figures["seconds_from"] = _seconds(figures, row, own, earlier)
    return figures


def _seconds(figures, row, own, earlier):
    """(seconds behind, who told); (None, None) when nobody can."""
    if own:
        if figures["replay_bytes"] == 0:
            return 0.0, "standby"
        # The age of the newest commit that is visible there: never less than the delay, and close to it under load.
        since = own.get("since_replayed")
        return (None, None) if since is None else (max(0.0, since), "standby")
    if not row:
        return None, None
    if figures["replay_bytes"] == 0:
        return 0.0, "primary"
    # The primary's figure stays as it was while replay is paused or stuck: believe it only while replay moves.
    moved = earlier and earlier["replay_lsn"] and earlier["replay_lsn"] != figures["replay_lsn"]
    return (row["replay_seconds"], "primary") if moved and row["replay_seconds"] is not None else (None, None)


def _behind(primary, lsn):
    return None if primary is None or lsn is None else bytes_behind(primary, lsn)


def _worst(rows):
    """Of several connections under one name, the streaming one that is furthest behind; None when there is none."""

    def rank(row):
        return row["state"] != "streaming", lsn_bytes(row["replay_lsn"]) if row["replay_lsn"] else 0

    return min(rows, key=rank, default=None)
