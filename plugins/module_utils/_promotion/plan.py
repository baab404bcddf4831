# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may become primary, and what that would cost: decided from answers alone. Pure.

Every refusal is one sentence that names what was found, what was expected, and what to do.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import SILENT, decide
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import lsn_bytes
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import confirmations

# Standbys whose confirmation counts now. One that is potential is listed as synchronous too (_replication/lag.py), but would only
# count once another one is gone.
CONFIRMING = ("sync", "quorum")


def interrupted(members, answers):
    """Name of the primary that an interrupted switchover left stopped, or None.

    It was shut down cleanly, nobody else takes writes, and nobody is on a newer timeline than it.
    """
    if decide(members, answers)["primary"] or _silent(members, answers):
        return None
    stopped = [name for name, answer in answers.items() if _is(answer, "stopped", "primary")]
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
    if target != topology["primary"] and not _is(answers.get(target), "running", "standby"):
        return [f"{target} is {_said(answers.get(target))}, expected a running standby; see the status playbook"]
    return []


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
    if confirmations(survey["synchronous_standby_names"]) and row["sync_state"] not in CONFIRMING:
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
    sessions = [pool for pool in pools if pool["mode"] == "session" and pool["clients"]]
    if sessions and not policy["break_sessions"]:
        shown = ", ".join(f"{pool['name']} ({pool['clients']} clients)" for pool in sessions)
        errors.append(
            f"clients of session pools would lose their sessions: {shown}. Expected none, or -e switchover_break_sessions=true"
        )
    return errors


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


def failover_plan(members, answers, dead="", accept_loss=False):
    """Who may become primary after the primary is gone.

    :arg dead: the member that an operator declares dead, because nobody can ask it.
    :arg accept_loss: whether commits that were acknowledged may be lost.
    :returns: dict with ``errors``, ``primary`` (who takes writes already, with a newer timeline than those that did before),
        ``old`` (names to be fenced), ``candidates`` (the best first), ``best`` and ``risk`` (a sentence).
    """
    plan: dict[str, Any] = {"errors": [], "primary": None, "old": [], "candidates": [], "best": None, "risk": None}
    names = [member["name"] for member in members]
    if dead and dead not in names:
        return dict(plan, errors=[f"failover_dead is {dead!r}, expected one of the members: {', '.join(names)}"])
    identity_errors = _identity_errors(members, answers)
    if identity_errors:
        return dict(plan, errors=identity_errors)
    writable = [name for name in names if _is(answers.get(name), "running", "primary")]
    if writable:
        return _with_a_primary(plan, members, answers, writable, dead)
    candidates = [name for name in names if _is(answers.get(name), "running", "standby")]
    candidates.sort(key=lambda name: position(answers[name]), reverse=True)
    plan.update(candidates=candidates, best=candidates[0] if candidates else None)
    if not candidates:
        return dict(plan, errors=["no standby is running, expected at least one. " + _each(members, answers)])
    if dead in candidates:
        return dict(
            plan,
            errors=[f"failover_dead is {dead}, which is {_said(answers[dead])}, expected the primary that is gone"],
        )
    followed = _followed(members, answers, candidates)
    stopped = [name for name in names if _is(answers.get(name), "stopped", "primary")]
    plan["old"] = [name for name in names if name in (*followed, *stopped, dead) and name not in candidates]
    unreachable = [name for name in names if name not in answers and name != dead]
    if not plan["old"]:
        plan["errors"].append(_say_who(f"nobody can tell who the primary was: {_each(members, answers)}", unreachable))
        return plan
    unsure = [name for name in plan["old"] if name in unreachable]
    if unsure:
        plan["errors"].append(
            _say_who(f"{', '.join(unsure)} was the primary, and its machine cannot be reached", unsure)
        )
        return plan
    unasked = [name for name in names if name not in candidates and name not in plan["old"]]
    plan.update(_loss(answers, candidates, unasked, accept_loss))
    return plan


def _followed(members, answers, candidates):
    """Names of the members from which the candidates were told to stream: the primary that is gone, whatever it looks like."""
    by_address = {}
    for member in members:
        for host in (member["machine"], member["address"]):
            by_address[(host, member["port"])] = member["name"]
    told = (answers[name].get("upstream") or {} for name in candidates)
    return [
        by_address[(each.get("host"), each.get("port"))]
        for each in told
        if (each.get("host"), each.get("port")) in by_address
    ]


def _say_who(problem, names):
    return (
        f"{problem}. If it is dead and cannot come back by itself, say so with -e failover_dead=<its name> "
        f"(one of {', '.join(names) or 'none'})"
    )


def _loss(answers, candidates, unasked, accept_loss):
    """Whether a commit that was acknowledged may be on none of the candidates."""
    best = answers[candidates[0]]
    needed = confirmations((best.get("settings") or {}).get("synchronous_standby_names"))
    if needed == 0:
        risk = (
            "the mode was async: commits that were acknowledged and did not reach "
            f"{candidates[0]} (received up to {best.get('receive_lsn') or best.get('replay_lsn')}) are lost"
        )
    elif len(unasked) >= needed:
        risk = (
            f"{', '.join(unasked)} cannot be asked, and {needed} standby(s) confirmed each commit: one of those that cannot "
            "be asked may be the only one that has it"
        )
    else:
        return {"risk": "0 bytes: every acknowledged commit is on a standby that was asked", "errors": []}
    remedy = "Bring them back, or accept that" if needed else "Accept that"
    return {"risk": risk, "errors": [] if accept_loss else [f"{risk}. {remedy} with -e failover_accept_data_loss=true"]}


def _with_a_primary(plan, members, answers, writable, dead):
    timelines = {name: answer.get("timeline") or 0 for name, answer in answers.items()}
    primary = writable[0]
    if len(writable) > 1 or timelines[primary] < max(timelines.values()):
        return dict(plan, errors=decide(members, answers)["errors"])
    if timelines[primary] > 1 and _left_over(members, answers, primary, timelines[primary]):
        # A failover that was interrupted after the promotion: what is left is to be done.
        return dict(plan, primary=primary, old=[name for name in [dead] if name and name != primary])
    return dict(
        plan,
        errors=[
            f"{primary} takes writes ({_said(answers[primary])}), expected no primary. Nothing was changed. To move the "
            "role to another member use the switchover playbook"
        ],
    )


def _left_over(members, answers, primary, timeline):
    """Whether some other member has not followed the primary to its timeline."""
    return any(
        name != primary and (answers.get(name) or {}).get("timeline") != timeline
        for name in (member["name"] for member in members)
    )


def _identity_errors(members, answers):
    """The topology's errors that are not about a missing primary: wrong disks and clusters."""
    identifiers = {
        answer.get("system_identifier") for answer in answers.values() if answer["state"] in ("running", "stopped")
    }
    return decide(members, answers)["errors"] if len(identifiers) > 1 else []


def position(answer):
    """What orders candidates: the timeline, then the greater of what was received and what was replayed."""
    locations = [lsn_bytes(answer[key]) if answer.get(key) else 0 for key in ("receive_lsn", "replay_lsn")]
    return (answer.get("timeline") or 0, max(locations))


def _silent(members, answers):
    return [
        member["name"] for member in members if (answers.get(member["name"]) or {"state": SILENT[0]})["state"] in SILENT
    ]


def _is(answer, state, role):
    return bool(answer) and answer["state"] == state and answer.get("role") == role


def _said(answer):
    if not answer:
        return "on a machine that cannot be reached"
    role = f" {answer['role']}" if answer.get("role") else ""
    place = (
        f", timeline {answer['timeline']}, LSN {answer.get('replay_lsn') or answer.get('lsn')}"
        if answer.get("timeline")
        else ""
    )
    detail = f" ({answer['detail']})" if answer.get("detail") else ""
    return f"{answer['state']}{role}{place}{detail}"


def _each(members, answers):
    return "; ".join(f"{member['name']} is {_said(answers.get(member['name']))}" for member in members)
