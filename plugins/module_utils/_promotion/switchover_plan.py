# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a planned change of primary may begin, and who feels it: decided from answers alone. Pure.

Every refusal is one sentence that names what was found, what was expected, and what to do.
"""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import SILENT, decide
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import confirmations, listed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.said import is_a, missing_slots, said

# Standbys whose confirmation counts now. One that is potential is listed as synchronous too (_replication/lag.py), but would only
# count once another one is gone.
CONFIRMING = ("sync", "quorum")


def interrupted(members, answers):
    """Name of the primary that an interrupted switchover left stopped, or None.

    It was shut down cleanly, nobody else takes writes, and nobody is on a newer timeline than it.
    """
    if decide(members, answers)["primary"] or any(_is_silent(answers.get(member["name"])) for member in members):
        return None
    stopped = [name for name, answer in answers.items() if is_a(answer, "stopped", "primary")]
    running = [name for name, answer in answers.items() if answer["state"] == "running"]
    if len(stopped) != 1 or not running or any(answers[name]["role"] == "primary" for name in running):
        return None
    answer = answers[stopped[0]]
    newest = max(answers[name].get("timeline") or 0 for name in running)
    clean = "not shut down cleanly" not in (answer.get("detail") or "")
    return stopped[0] if clean and newest <= (answer.get("timeline") or 0) else None


def switchover_errors(members, answers, target):
    """Why a switchover to this member cannot begin, from discovery alone."""
    names = [member["name"] for member in members]
    if target not in names:
        return [f"the target is {target!r}, expected one of the members: {', '.join(names)}"]
    topology = decide(members, answers)
    if topology["errors"] and not interrupted(members, answers):
        return topology["errors"]
    if target != topology["primary"] and not is_a(answers.get(target), "running", "standby"):
        return [f"{target} is {said(answers.get(target))}, expected a running standby; see the status playbook"]
    found = topology["following"].get(target)
    if found and found["verdict"] in ("detached", "diverged", "elsewhere"):
        return [
            f"{target} is {found['verdict']} ({found['reason']}), expected it to follow. The rejoin playbook sees to that"
        ]
    return missing_slots(target, answers[target], [member["slot"] for member in members if member["name"] != target])


def survey_errors(primary, target, survey, standby, pools, policy):
    """Why a switchover must not begin, from what the primary, the target and the poolers said just now.

    :arg survey: what the primary answered, see ``server.SURVEY``.
    :arg standby: what the target answered.
    :arg pools: the poolers' pools that lead to a member.
    :arg policy: dict with ``max_lag_bytes`` and ``break_sessions``.
    """
    errors = []
    row = survey["standbys"].get(target)
    if row is None:
        return [f"{target} is not connected to {primary}, expected it streaming. See the status playbook"]
    if row["state"] != "streaming":
        errors.append(f"{target} is in state {row['state']}, expected streaming. Wait until it has caught up")
    # A standby on the primary's own machine may not be listed: it has to have everything before it is promoted in any case.
    names = listed(survey["synchronous_standby_names"])
    waits = confirmations(survey["synchronous_standby_names"]) and (names is None or target in names)
    if waits and row["sync_state"] not in CONFIRMING:
        errors.append(
            f"{target} is {row['sync_state']}, expected a synchronous standby ({' or '.join(CONFIRMING)}): choose another one"
        )
    if row["replay_bytes"] is None or row["replay_bytes"] > policy["max_lag_bytes"]:
        errors.append(
            f"{target} is {row['replay_bytes']} bytes behind {primary}, expected at most {policy['max_lag_bytes']} "
            "(switchover_max_lag_bytes). Wait until it has caught up"
        )
    if standby["replay_paused"]:
        errors.append(f"replay is paused on {target}, expected it to move: SELECT pg_wal_replay_resume() there")
    return [*errors, *session_errors(pools, policy)]


def session_errors(pools, policy):
    """Why the primary must not stop as long as clients have sessions on it; empty where that is meant, or nobody has."""
    sessions = [pool for pool in pools if pool["mode"] == "session" and pool["clients"]]
    if not sessions or policy["break_sessions"]:
        return []
    shown = ", ".join(f"{pool['name']} ({pool['clients']} clients)" for pool in sessions)
    return [
        f"clients of session pools would lose their sessions: {shown}. Expected none, or -e switchover_break_sessions=true"
    ]


def affected(survey, pooled):
    """Sentences about those who feel a switchover, because they do not come through a transaction pool."""
    direct: dict[str, int] = {}
    for client in survey["clients"]:
        if client["pid"] not in pooled:
            key = (
                f"{client['user']} from {client['address'] or 'the machine itself'} ({client['program'] or 'no name'})"
            )
            direct[key] = direct.get(key, 0) + 1
    logical = [slot["name"] for slot in survey["slots"] if slot["type"] == "logical"]
    sentences = [f"{count} direct connection(s) of {key} will be closed" for key, count in sorted(direct.items())]
    if logical:
        sentences.append(f"logical slots stay behind on the old primary: {', '.join(logical)}")
    return sentences


def longest_transaction(survey):
    """Seconds since the oldest transaction began that is open now."""
    return max((client["seconds"] or 0.0 for client in survey["clients"]), default=0.0)


def _is_silent(answer):
    return (answer or {"state": SILENT[0]})["state"] in SILENT
